#pragma once
// What a daemon answered, as far as the client verbs show it. Boost.JSON is compiled in
// reply_json.cpp only. Members that are missing or of another kind read as empty.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace boost::json {
class value;
}

namespace tocsin::cli {

class JsonView {
 public:
  static std::optional<JsonView> parse(const std::string& text);

  JsonView operator[](std::string_view name) const;
  std::string text() const;  // numbers and booleans as they are written, null as nothing
  bool is_true() const;
  bool present() const;  // there, and not null
  std::vector<JsonView> items() const;
  std::vector<std::pair<std::string, JsonView>> members() const;

 private:
  JsonView(std::shared_ptr<const boost::json::value> root, const boost::json::value* at)
      : root_(std::move(root)), at_(at) {}
  std::shared_ptr<const boost::json::value> root_;
  const boost::json::value* at_ = nullptr;
};

// The sentence of an error answer, with its fields; the body itself when it is not one of ours.
std::string error_text(const std::string& body);

}  // namespace tocsin::cli
