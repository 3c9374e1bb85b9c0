#include "connectors/text/quote.hpp"

#include <algorithm>

namespace tocsin {
namespace {

// Bytes of the control character that `text` begins with; 0: it begins with another. Beside C0 and
// DEL these are C1 (U+0080 to U+009F, which terminals obey), the separators of lines and paragraphs
// (U+2028, U+2029), and what turns the direction of the text behind it (U+202A to U+202E, U+2066 to
// U+2069).
std::size_t control_bytes(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (at(0) < 0x20 || at(0) == 0x7F) return 1;
  if (at(0) == 0xC2 && text.size() > 1 && at(1) < 0xA0) return 2;
  if (at(0) != 0xE2 || text.size() < 3) return 0;
  const bool turns = (at(1) == 0x80 && at(2) >= 0xA8 && at(2) <= 0xAE) ||
                     (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
  return turns ? 3 : 0;
}

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string printable(std::string_view text, std::size_t bytes) {
  const std::string_view shown = cut_utf8(text, bytes);
  std::string out;
  out.reserve(shown.size());
  for (std::size_t i = 0; i < shown.size();) {
    const std::size_t control = control_bytes(shown.substr(i));
    out += control > 0 ? ' ' : shown[i];
    i += std::max<std::size_t>(control, 1);
  }
  if (shown.size() < text.size()) out += "...";
  return out;
}

bool is_html(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (first == std::string_view::npos) return false;
  std::string start(body.substr(first, 14));
  for (char& c : start)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return start.starts_with("<!doctype html") || start.starts_with("<html");
}

}  // namespace tocsin
