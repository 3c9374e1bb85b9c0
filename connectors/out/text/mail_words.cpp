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

std::string mail_phrase(std::string_view utf8) {
  const std::string text = mail_header_text(utf8);
  const bool words = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' ||
           c == '-' || c == '_';
  });
  if (words || text.starts_with("=?")) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string mail_address(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7F && c != '<' && c != '>' && c != ',' && c != ';') out += c;
  }
  return out;
}

bool is_mail_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         text.find_first_of("@\"()[]:\\", at + 1) == std::string_view::npos &&
         mail_address(text) == text;
}

std::string quoted_printable(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  constexpr std::size_t line_max = 75;  // and the "=" of a line that goes on
  std::string out, line;
  const auto put = [&](const std::string& piece) {
    if (line.size() + piece.size() > line_max) out += line + "=\r\n", line.clear();
    line += piece;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += line + "\r\n", line.clear();
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool plain = (byte > 0x20 && byte < 0x7F && c != '=') || (c == ' ' && !ends_line);
    // A lone dot, or "From " as mailboxes split at, is not left at the start of a line.
    const bool risky = line.empty() && (c == '.' || c == 'F');
    if (plain && !risky)
      put(std::string(1, c));
    else
      put({'=', digits[byte >> 4], digits[byte & 15]});
  }
  if (!line.empty()) out += line + "\r\n";
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
