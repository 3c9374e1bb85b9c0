#include "daemon/api/silence_in.hpp"

#include <boost/json.hpp>

#include "config/text.hpp"
#include "connectors/text/rfc3339.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::api {
namespace {

namespace json = boost::json;

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::size_t depth_max = 6;
constexpr std::size_t texts_max = SilenceLimits::matchers * 2;

std::string text_of(const json::string& s) {
  return {s.data(), s.size()};
}

class Reader {
 public:
  Reader(SilenceBody& out, SilenceDialect dialect)
      : out_(out),
        own_(dialect != SilenceDialect::alertmanager),
        window_(dialect == SilenceDialect::window) {}

  void read(const json::object& root) {
    for (const auto& member : root) one(std::string(member.key()), member.value());
  }

 private:
  void one(const std::string& name, const json::value& value) {
    if (value.is_null()) return;
    if (window_ && of_window(name, value)) return;
    if (name == (window_ ? "match" : "matchers")) return matchers(value);
    if (window_ && name != "starts_at" && name != "ends_at" && name != "for")
      return wrong(name, "no such member");
    if (name == "id") return text(name, value, out_.id);
    if (name == "comment") return text(name, value, out_.comment);
    if (name == (own_ ? "created_by" : "createdBy")) return text(name, value, out_.created_by);
    if (name == (own_ ? "starts_at" : "startsAt")) return time(name, value, out_.starts_at);
    if (name == (own_ ? "ends_at" : "endsAt")) return time(name, value, out_.ends_at);
    if (!own_) return;
    if (name == "for") return span(name, value);
    wrong(name, "no such member");
  }

  bool of_window(const std::string& name, const json::value& value) {
    std::string* into = name == "owner"    ? &out_.owner
                        : name == "reason" ? &out_.reason
                        : name == "change" ? &out_.change
                                           : nullptr;
    if (into) return text(name, value, *into), true;
    if (name == "dependents") {
      if (const bool* b = value.if_bool())
        out_.dependents = *b;
      else
        wrong(name, "is true or false");
      return true;
    }
    if (name != "cis") return false;
    if (const auto* one = value.if_string()) return out_.cis.push_back(text_of(*one)), true;
    const auto* list = value.if_array();
    if (!list) return wrong(name, "is a text or a list of texts"), true;
    for (const auto& item : *list) {
      if (!item.is_string()) return wrong(name, "is a text or a list of texts"), true;
      out_.cis.push_back(text_of(item.get_string()));
    }
    return true;
  }

  void wrong(std::string_view name, std::string why) {
    out_.wrong.emplace_back(name, std::move(why));
  }
  void text(const std::string& name, const json::value& value, std::string& into) {
    if (const auto* s = value.if_string())
      into = text_of(*s);
    else
      wrong(name, "is a text");
  }
  void time(const std::string& name, const json::value& value, std::optional<Wall>& into) {
    const auto* s = value.if_string();
    const auto at = s ? parse_rfc3339(text_of(*s)) : std::nullopt;
    if (!at) return wrong(name, "is a time like 2026-03-11T12:54:18Z");
    if (*at != go_zero_time) into = at;
  }
  void span(const std::string& name, const json::value& value) {
    const auto* s = value.if_string();
    out_.lasts = s ? config::parse_duration(text_of(*s)) : std::nullopt;
    if (!out_.lasts || out_.lasts->ms == 0) wrong(name, "is a duration like 90m or 2h");
  }

  void matchers(const json::value& value) {
    if (own_ && value.is_string()) return matcher_text(text_of(value.get_string()));
    const auto* list = value.if_array();
    if (!list) return wrong("matchers", own_ ? "is a text or a list of texts" : "is a list");
    if (list->size() > texts_max) return wrong("matchers", "at most 32");
    for (const auto& item : *list) {
      if (own_ && item.is_string())
        matcher_text(text_of(item.get_string()));
      else if (!own_ && item.is_object())
        matcher_object(item.get_object());
      else
        return wrong("matchers", own_ ? "is a text or a list of texts" : "is a list of objects");
    }
  }
  void matcher_text(const std::string& text) {
    std::string error;
    auto found = config::parse_matchers(text, error);
    if (!error.empty()) return wrong("matchers", error);
    for (Matcher& m : found) out_.matchers.push_back(std::move(m));
  }
  void matcher_object(const json::object& o) {
    const auto* name = o.if_contains("name");
    const auto* value = o.if_contains("value");
    const auto* regex = o.if_contains("isRegex");
    const auto* equal = o.if_contains("isEqual");
    if (!name || !name->is_string() || !value || !value->is_string() || !regex ||
        !regex->is_bool() || (equal && !equal->is_bool()))
      return wrong("matchers", "a matcher has name, value, isRegex and perhaps isEqual");
    using Op = Matcher::Op;
    const bool is = !equal || equal->get_bool();
    Matcher m;
    m.label = text_of(name->get_string()), m.value = text_of(value->get_string());
    m.op =
        regex->get_bool() ? (is ? Op::matches : Op::not_matches) : (is ? Op::equal : Op::not_equal);
    out_.matchers.push_back(std::move(m));
  }

  SilenceBody& out_;
  bool own_, window_;
};

}  // namespace

SilenceBody parse_silence(std::string_view body, SilenceDialect dialect) {
  SilenceBody out;
  if (body.size() > body_bytes_max) {
    out.wrong.emplace_back("", "the body is larger than 64 KiB");
    return out;
  }
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  const json::value root = json::parse({body.data(), body.size()}, error, {}, options);
  const json::object* object = error ? nullptr : root.if_object();
  if (error)
    out.wrong.emplace_back("", "the body is not JSON: " + error.message());
  else if (!object)
    out.wrong.emplace_back("", "the body is no JSON object");
  else
    Reader(out, dialect).read(*object);
  for (const Matcher& m : out.matchers)
    if (m.label.size() > SilenceLimits::name_bytes || m.value.size() > SilenceLimits::value_bytes) {
      out.wrong.emplace_back("matchers", "a name has at most 256, a value at most 1024 bytes");
      break;
    }
  return out;
}

}  // namespace tocsin::api
