#include "daemon/api/json_in.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "daemon/api/alerts_in.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t depth_max = 4;  // flat objects only: deeper is refused while parsing

bool blank(std::string_view body) {
  return body.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::optional<JsonObject> JsonObject::parse(std::string_view body, std::string& why) {
  JsonObject out;
  if (blank(body)) return out;
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  const boost::json::value root =
      boost::json::parse({body.data(), body.size()}, error, {}, options);
  if (error) return why = "the body is not JSON: " + error.message(), std::nullopt;
  const boost::json::object* object = root.if_object();
  if (!object) return why = "the body is no JSON object", std::nullopt;
  for (const auto& member : *object) {
    const std::string name(member.key());
    Value value;
    if (const auto* text = member.value().if_string())
      value.text = std::string(text->data(), text->size());
    else if (const auto* b = member.value().if_bool())
      value.boolean = *b, value.text = *b ? "true" : "false";
    else if (member.value().is_number())
      value.text = boost::json::serialize(member.value());
    else if (!member.value().is_null())
      return why = "member '" + name + "' is neither text, number nor boolean", std::nullopt;
    out.members_[name] = std::move(value);
  }
  return out;
}

std::string JsonObject::text(std::string_view name) const {
  const auto it = members_.find(name);
  return it == members_.end() ? std::string() : it->second.text;
}

std::optional<bool> JsonObject::boolean(std::string_view name) const {
  const auto it = members_.find(name);
  return it == members_.end() ? std::optional(false) : it->second.boolean;
}

ErrorFields JsonObject::unknown(const std::vector<std::string_view>& known) const {
  ErrorFields out;
  for (const auto& [name, value] : members_)
    if (std::find(known.begin(), known.end(), name) == known.end())
      out.emplace_back(name, "no such member");
  return out;
}

HttpResponse not_json() {
  return own_error(415, "unsupported_media_type", "the body must be application/json");
}

HttpResponse malformed(std::string_view why) {
  return own_error(400, "malformed", why);
}

HttpResponse does_not_fit(const ErrorFields& wrong) {
  return own_error(422, "invalid", "the request does not fit", wrong);
}

std::optional<JsonObject> read_json(const Exchange& x, const std::vector<std::string_view>& known,
                                    ErrorFields& wrong) {
  if (!may_be_json(x.request)) return x.reply(not_json()), std::nullopt;
  std::string why;
  auto body = JsonObject::parse(x.request.body, why);
  if (!body) return x.reply(malformed(why)), std::nullopt;
  wrong = body->unknown(known);
  return body;
}

bool refused(const Exchange& x, const ErrorFields& wrong) {
  if (wrong.empty()) return false;
  x.reply(does_not_fit(wrong));
  return true;
}

}  // namespace tocsin::api
