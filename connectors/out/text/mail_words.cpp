#include "connectors/out/text/mail_words.hpp"

#include <algorithm>

#include "connectors/text/base64.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {
constexpr std::size_t chunk_bytes = 42;  // an encoded word is at most 75 characters
}  // namespace

std::string mail_header_text(std::string_view utf8) {
  const std::string line = printable(utf8, 512);
  const bool ascii = std::all_of(line.begin(), line.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii && line.find("=?") == std::string::npos) return line;
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const auto chunk = cut_utf8(rest, chunk_bytes);
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + to_base64(chunk) + "?=";
    rest.remove_prefix(chunk.size());
  }
  return out;
}

std::string mail_atom(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += plain || c == '_' ? c : '-';
  }
  return out.empty() ? "somebody" : out;
}

}  // namespace tocsin
