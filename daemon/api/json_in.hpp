#pragma once
// Small JSON bodies of writes: one flat object of texts, numbers and booleans. Boost.JSON is
// compiled in json_in.cpp and nowhere else in api/. Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/exchange.hpp"

namespace tocsin::api {

class JsonObject {
 public:
  // An empty body is an empty object. Nothing: not JSON, or not a flat object; `why` says it.
  static std::optional<JsonObject> parse(std::string_view body, std::string& why);

  std::string text(std::string_view name) const;  // empty when absent
  // Nothing when it is there and no boolean.
  std::optional<bool> boolean(std::string_view name) const;
  // Members that nobody asks for are mistakes.
  ErrorFields unknown(const std::vector<std::string_view>& known) const;

 private:
  struct Value {
    std::string text;
    std::optional<bool> boolean;
  };
  std::map<std::string, Value, std::less<>> members_;
};

}  // namespace tocsin::api
