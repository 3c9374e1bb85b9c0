#include "daemon/cli/reply_json.hpp"

#include <boost/json.hpp>

namespace tocsin::cli {

namespace json = boost::json;

std::optional<JsonView> JsonView::parse(const std::string& text) {
  boost::system::error_code error;
  auto root = std::make_shared<json::value>(json::parse(text, error));
  if (error) return {};
  const json::value* at = root.get();
  return JsonView(std::move(root), at);
}

JsonView JsonView::operator[](std::string_view name) const {
  const json::object* object = at_ ? at_->if_object() : nullptr;
  return {root_, object ? object->if_contains({name.data(), name.size()}) : nullptr};
}

std::string JsonView::text() const {
  if (!present()) return "";
  if (const json::string* s = at_->if_string()) return {s->data(), s->size()};
  return json::serialize(*at_);
}

bool JsonView::is_true() const {
  return at_ && at_->if_bool() && *at_->if_bool();
}
bool JsonView::present() const {
  return at_ && !at_->is_null();
}

std::vector<JsonView> JsonView::items() const {
  std::vector<JsonView> out;
  const json::array* array = at_ ? at_->if_array() : nullptr;
  if (array)
    for (const json::value& item : *array) out.push_back({root_, &item});
  return out;
}

std::vector<std::pair<std::string, JsonView>> JsonView::members() const {
  std::vector<std::pair<std::string, JsonView>> out;
  const json::object* object = at_ ? at_->if_object() : nullptr;
  if (object)
    for (const auto& member : *object)
      out.emplace_back(std::string(member.key()), JsonView(root_, &member.value()));
  return out;
}

std::string error_text(const std::string& body) {
  const auto reply = JsonView::parse(body);
  if (!reply || !(*reply)["error"]["message"].present()) return body;
  const JsonView error = (*reply)["error"];
  std::string out = error["message"].text();
  for (const auto& [name, value] : error["fields"].members())
    out += "\n  " + name + (value.text().empty() ? "" : ": " + value.text());
  return out;
}

}  // namespace tocsin::cli
