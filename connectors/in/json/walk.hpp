#pragma once
// A JSON body walked once and in full, for decoders. Everything that a lazy parser would let pass
// is refused here: duplicate keys at any depth, nesting below 32, bad numbers and literals and lone
// surrogates in fields that nobody reads.
//
// One parser per thread. Text handed out is unescaped and lives until the next walk on this thread.
// After the first failure every call answers false; the failure says what was wrong and where.

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/registry.hpp"

namespace tocsin {

class JsonWalk {
 public:
  using Value = simdjson::ondemand::value;
  static constexpr std::size_t depth_max = 32;
  // Of one object. Its keys are sorted, to find one that is given twice: a million take a second.
  static constexpr std::size_t members_max = 50'000;

  explicit JsonWalk(std::string_view body);  // followed by 64 readable bytes
  JsonWalk(const JsonWalk&) = delete;
  JsonWalk& operator=(const JsonWalk&) = delete;
  ~JsonWalk();

  // The whole body: an array, each element of which goes to each(index, Value) -> bool.
  template <class Each>
  bool root_array(Each&& each);
  // The whole body: an object, each member of which goes to each(key, Value) -> bool.
  template <class Each>
  bool root_object(Each&& each);
  bool root_is_array();

  // An object's members go to each(key, Value) -> bool, which must read or skip the value.
  template <class Each>
  bool members(Value value, Each&& each);
  // A list's elements go to each(index, Value) -> bool, likewise.
  template <class Each>
  bool elements(Value value, Each&& each);
  bool text(Value value, std::string_view& out);    // a string and nothing else
  bool scalar(Value value, std::string_view& out);  // string, number or boolean as text; null is ""
  bool skip(Value value);                           // whatever it is, checked to its last byte
  bool is_null(Value value);
  bool is_object(Value value);
  bool is_list(Value value);
  bool is_scalar(Value value);  // string, number, boolean or null

  bool wrong_shape(std::string_view what);
  bool too_large(std::string_view what);
  DecodeFailure failure() const { return failure_; }
  const std::string& message() const { return message_; }

 private:
  struct Part {  // of the path: a key, or an index when the key has no data
    std::string_view key;
    std::size_t index = 0;
  };
  struct Thread {
    simdjson::ondemand::parser parser;
    std::vector<std::string_view> keys;  // of the objects that are open
  };
  static Thread& of_this_thread();

  template <class Object, class Each>
  bool each_member(Object object, Each&& each);
  template <class Array, class Each>
  bool each_element(Array array, Each&& each);
  bool enter();
  void leave() { --depth_; }
  bool key(simdjson::ondemand::field& field, std::string_view& out);
  bool unique_keys(std::size_t first, bool ascending);
  bool malformed(std::string_view what);
  bool malformed(simdjson::error_code error) {
    return malformed(std::string_view(simdjson::error_message(error)));
  }
  bool finish();  // nothing may follow
  bool null_literal(Value& value);
  bool number_text(Value& value, std::string_view& out);
  bool fail(DecodeFailure failure, std::string_view what);

  Thread& thread_ = of_this_thread();
  simdjson::ondemand::document document_;
  std::array<Part, depth_max> path_;
  std::size_t depth_ = 0;
  DecodeFailure failure_ = DecodeFailure::none;
  std::string message_;
};

// ---- the loops, inline because they are the hot path ----

template <class Object, class Each>
bool JsonWalk::each_member(Object object, Each&& each) {
  if (!enter()) return false;
  auto& keys = thread_.keys;
  const std::size_t first = keys.size();
  bool ascending = true;
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(result).get(field)) return malformed(error);
    std::string_view name;
    if (!key(field, name)) return false;
    if (keys.size() - first == members_max)
      return too_large("more members than an object may have");
    if (keys.size() > first && !(keys.back() < name)) ascending = false;
    keys.push_back(name);
    path_[depth_ - 1].key = name;
    if (!each(name, field.value())) return false;
  }
  if (!unique_keys(first, ascending)) return false;
  leave();
  return true;
}

template <class Array, class Each>
bool JsonWalk::each_element(Array array, Each&& each) {
  if (!enter()) return false;
  std::size_t index = 0;
  for (auto result : array) {
    Value value;
    if (const auto error = std::move(result).get(value)) return malformed(error);
    path_[depth_ - 1].index = index;
    if (!each(index, value)) return false;
    ++index;
  }
  leave();
  return true;
}

template <class Each>
bool JsonWalk::root_array(Each&& each) {
  if (!root_is_array()) return wrong_shape("expected an array");
  simdjson::ondemand::array array;
  if (const auto error = document_.get_array().get(array)) return malformed(error);
  return each_element(array, each) && finish();
}

template <class Each>
bool JsonWalk::root_object(Each&& each) {
  if (failure_ != DecodeFailure::none) return false;
  simdjson::ondemand::json_type type;
  if (const auto error = document_.type().get(type)) return malformed(error);
  if (type != simdjson::ondemand::json_type::object) return wrong_shape("expected an object");
  simdjson::ondemand::object object;
  if (const auto error = document_.get_object().get(object)) return malformed(error);
  return each_member(object, each) && finish();
}

template <class Each>
bool JsonWalk::members(Value value, Each&& each) {
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return malformed(error);
  if (type != simdjson::ondemand::json_type::object) return wrong_shape("expected an object");
  simdjson::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return malformed(error);
  return each_member(object, each);
}

template <class Each>
bool JsonWalk::elements(Value value, Each&& each) {
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return malformed(error);
  if (type != simdjson::ondemand::json_type::array) return wrong_shape("expected a list");
  simdjson::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return malformed(error);
  return each_element(array, each);
}

}  // namespace tocsin
