#pragma once
// Appends JSON to a string the caller owns, with the commas in the right places. Text that is not
// UTF-8 has its bad bytes replaced by U+FFFD, so what leaves is always valid. Not thread-safe; no
// I/O.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::api {

// The string with quotes and escapes.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& open_object() { return open('{'); }
  JsonWriter& close_object() { return close('}'); }
  JsonWriter& open_array() { return open('['); }
  JsonWriter& close_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto b) { return raw(b ? "true" : "false"); }
  JsonWriter& value(std::integral auto n) requires(!std::same_as<decltype(n), bool>) {
    return raw(std::to_string(n));
  }
  JsonWriter& null() { return raw("null"); }

  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  // Left out when empty.
  JsonWriter& field_if(std::string_view name, std::string_view text) {
    return text.empty() ? *this : field(name, text);
  }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  JsonWriter& raw(std::string_view text);
  void comma();

  std::string& out_;
  bool comma_ = false;
};

}  // namespace tocsin::api
