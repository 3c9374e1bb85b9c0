#include "daemon/cli/printable.hpp"

namespace tocsin::cli {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// U+0080 to U+009F are control characters too, in two bytes.
bool c1_control(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]) == 0xC2 && i + 1 < text.size() &&
         static_cast<unsigned char>(text[i + 1]) < 0xA0;
}

void append_hex(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\x";
  out += digits[static_cast<unsigned char>(c) >> 4];
  out += digits[static_cast<unsigned char>(c) & 15];
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      append_hex(out, c);
    } else if (c1_control(text, i)) {
      append_hex(out, text[++i]);
    } else {
      out += c;
    }
  }
  return out;
}

std::size_t columns_of(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += continues(c) ? 0 : 1;
  return n;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::size_t end = 0, n = 0;
  while (n + 1 < columns && end < text.size()) {
    ++end;
    while (end < text.size() && continues(text[end])) ++end;
    ++n;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace tocsin::cli
