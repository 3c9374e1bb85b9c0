#pragma once
// What all targets share: a law that any bytes must keep, and an input cut into several texts.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tocsin::fuzz {

inline void expect(bool kept, const char* law) {
  if (kept) return;
  std::fprintf(stderr, "broken: %s\n", law);
  std::abort();
}

// Texts with a separator between them, so that an insertion into one leaves the others alone.
class Parts {
 public:
  explicit Parts(std::string_view bytes) : rest_(bytes) {}
  unsigned char byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<unsigned char>(rest_[0]);
    rest_.remove_prefix(1);
    return b;
  }
  std::string text() {
    const std::string out(rest_.substr(0, rest_.find(separator)));
    rest_.remove_prefix(rest_.size() == out.size() ? out.size() : out.size() + 1);
    return out;
  }
  std::string_view rest() const { return rest_; }

 private:
  static constexpr char separator = '\x1e';
  std::string_view rest_;
};

// Of a field of HTTP: nothing in it ends the line.
inline bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace tocsin::fuzz
