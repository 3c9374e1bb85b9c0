#include "connectors/in/json/walk.hpp"

#include "connectors/text/quote.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

using simdjson::ondemand::json_type;

// The library turns an escaped half of a surrogate pair into three bytes that are not UTF-8. Bytes
// that came unescaped were checked before, so the pattern can have no other source.
bool has_lone_surrogate(std::string_view text) {
  for (std::size_t at = 0; (at = text.find('\xED', at)) != std::string_view::npos; ++at)
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  return false;
}

std::size_t digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return end - at;
}

// The grammar alone: a number too large for us is still a number.
bool is_number(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace

JsonWalk::Thread& JsonWalk::of_this_thread() {
  static thread_local Thread own;
  return own;
}

JsonWalk::JsonWalk(std::string_view body) {
  thread_.keys.clear();
  const auto error =
      thread_.parser.iterate(body, body.size() + simdjson::SIMDJSON_PADDING).get(document_);
  if (error) malformed(error);
}

// What a large body needed is not kept for the small ones that follow, by any thread.
JsonWalk::~JsonWalk() {
  constexpr std::size_t kept_body_bytes = 256u << 10, kept_keys = 4096;
  if (thread_.parser.capacity() > kept_body_bytes) thread_.parser = simdjson::ondemand::parser();
  if (thread_.keys.capacity() > kept_keys) std::vector<std::string_view>().swap(thread_.keys);
}

bool JsonWalk::root_is_array() {
  if (failure_ != DecodeFailure::none) return false;
  json_type type;
  if (const auto error = document_.type().get(type)) return malformed(error);
  // The type goes by the first letter only: "no JSON" is not a null.
  bool null = false;
  if (type == json_type::null && (document_.is_null().get(null) || !null))
    return malformed("this is not JSON");
  return type == json_type::array;
}

bool JsonWalk::finish() {
  if (failure_ != DecodeFailure::none) return false;
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return malformed("something follows the end of the document");
  return true;
}

bool JsonWalk::enter() {
  if (depth_ == depth_max) return malformed("nested deeper than 32 levels");
  path_[depth_++] = {};
  return true;
}

bool JsonWalk::key(simdjson::ondemand::field& field, std::string_view& out) {
  if (const auto error = field.unescaped_key().get(out)) return malformed(error);
  return !has_lone_surrogate(out) || malformed("a key holds half of a surrogate pair");
}

bool JsonWalk::unique_keys(std::size_t first, bool ascending) {
  auto& keys = thread_.keys;
  if (!ascending) {
    const auto begin = keys.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, keys.end());
    const auto twice = std::adjacent_find(begin, keys.end());
    if (twice != keys.end() && !planted("json_key_given_twice")) {
      path_[depth_ - 1].key = *twice;
      return malformed("key given twice");
    }
  }
  keys.resize(first);
  return true;
}

bool JsonWalk::text(Value value, std::string_view& out) {
  json_type type;
  if (const auto error = value.type().get(type)) return malformed(error);
  if (type != json_type::string) return wrong_shape("expected a string");
  if (const auto error = value.get_string().get(out)) return malformed(error);
  return !has_lone_surrogate(out) || malformed("half of a surrogate pair");
}

// The parser's own cursor steps over the number when the next member is asked for.
bool JsonWalk::number_text(Value& value, std::string_view& out) {
  out = value.raw_json_token();
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.remove_suffix(1);
  return is_number(out) || malformed("not a number");
}

bool JsonWalk::scalar(Value value, std::string_view& out) {
  json_type type;
  if (const auto error = value.type().get(type)) return malformed(error);
  switch (type) {
    case json_type::string:
      return text(value, out);
    case json_type::number:
      return number_text(value, out);
    case json_type::boolean: {
      bool flag = false;
      if (const auto error = value.get_bool().get(flag)) return malformed(error);
      out = flag ? "true" : "false";
      return true;
    }
    case json_type::null:
      out = {};
      return null_literal(value);
    default:
      return wrong_shape("expected a string, a number or a boolean");
  }
}

bool JsonWalk::is_null(Value value) {
  json_type type;
  return !value.type().get(type) && type == json_type::null;
}

bool JsonWalk::is_object(Value value) {
  json_type type;
  return !value.type().get(type) && type == json_type::object;
}
bool JsonWalk::is_list(Value value) {
  json_type type;
  return !value.type().get(type) && type == json_type::array;
}
bool JsonWalk::is_scalar(Value value) {
  return !is_object(value) && !is_list(value);
}

bool JsonWalk::null_literal(Value& value) {
  bool null = false;
  if (const auto error = value.is_null().get(null)) return malformed(error);
  return null || malformed("not a value");
}

bool JsonWalk::skip(Value value) {
  json_type type;
  if (const auto error = value.type().get(type)) return malformed(error);
  std::string_view ignored;
  switch (type) {
    case json_type::object:
      return members(value, [this](std::string_view, Value v) { return skip(v); });
    case json_type::array:
      return elements(value, [this](std::size_t, Value v) { return skip(v); });
    default:
      return scalar(value, ignored);
  }
}

bool JsonWalk::wrong_shape(std::string_view what) {
  return fail(DecodeFailure::wrong_shape, what);
}
bool JsonWalk::too_large(std::string_view what) {
  return fail(DecodeFailure::too_large, what);
}
bool JsonWalk::malformed(std::string_view what) {
  return fail(DecodeFailure::malformed, what);
}

bool JsonWalk::fail(DecodeFailure failure, std::string_view what) {
  if (failure_ != DecodeFailure::none) return false;
  failure_ = failure;
  for (std::size_t i = 0; i < depth_; ++i) {
    const Part& part = path_[i];
    if (part.key.data() == nullptr)
      message_ += "[" + std::to_string(part.index) + "]";
    else
      message_ += (i == 0 ? "" : ".") + printable(part.key, 64);
  }
  if (!message_.empty()) message_ += ": ";
  message_ += what;
  return false;
}

}  // namespace tocsin
