#pragma once
// Small JSON bodies of writes: one flat object of texts, numbers and booleans, and what is said to
// those that do not fit. Boost.JSON is compiled in json_in.cpp and nowhere else in api/. Pure, but
// for the answers.

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

// The body of a request. Answered, and nothing: it is not said to be JSON (415) or is no flat
// object (400). `wrong` begins with the members that are not among the `known` ones.
std::optional<JsonObject> read_json(const Exchange& x, const std::vector<std::string_view>& known,
                                    ErrorFields& wrong);
// True: something is wrong, and that was answered (422).
bool refused(const Exchange& x, const ErrorFields& wrong);

// The same answers for who reads the body in another way.
HttpResponse not_json();
HttpResponse malformed(std::string_view why);
HttpResponse does_not_fit(const ErrorFields& wrong);

}  // namespace tocsin::api
