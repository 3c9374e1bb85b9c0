#pragma once
// Typed reading of one map of the configuration. Every call names a key, and thereby makes it
// known; finish() reports what was never asked for, with the nearest known key. Nothing stops at an
// error: a bad value is reported and the call answers as if the key were absent.

#include <absl/container/inlined_vector.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/text.hpp"
#include "config/tree.hpp"
#include "rules/model/enums.hpp"

namespace tocsin::config {

// A scalar with its place, for references that are checked when everything has been read.
struct Word {
  std::string text;
  Mark mark;
};

class Reader {
 public:
  // `what` names the map in messages: "person", "the section http".
  Reader(const Node& node, std::string what, Report& report);

  bool ok() const { return ok_; }  // it is a map
  Mark mark() const { return node_.mark; }
  Report& report() { return report_; }
  const Node* find(std::string_view key);

  std::optional<Word> word(std::string_view key);
  std::optional<Word> required(std::string_view key);  // reported when absent or empty
  std::string text(std::string_view key, std::string fallback = {});
  std::vector<Word> words(std::string_view key);  // a list of words, or one word
  void duration(std::string_view key, Span& value);
  void boolean(std::string_view key, bool& value);
  void integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& value);
  template <Named E>
  std::optional<E> choice(std::string_view key) {
    const auto w = word(key);
    if (!w) return {};
    const auto value = parse<E>(w->text);
    if (!value) not_one_of(*w, key, names_of<E>());
    return value;
  }
  // The items of a list of maps; anything else is reported and answers with none.
  Slice<Node> items(std::string_view key);
  // The members of a map, for keys that the user invents.
  Slice<Member> members(std::string_view key);

  void finish();

  void error(const Mark& at, std::string message) { report_.error(at, std::move(message)); }
  void not_one_of(const Word& word, std::string_view key, const std::vector<std::string>& known);

  template <Named E>
  static std::vector<std::string> names_of() {
    return {EnumTable<E>::names.begin(), EnumTable<E>::names.end()};
  }

 private:
  void wrong_type(std::string_view key, const Node& node, std::string_view wanted);

  const Node& node_;
  std::string what_;
  Report& report_;
  bool ok_;
  absl::InlinedVector<std::string, 16> known_;
};

// "a, b or c", for closed lists in messages.
std::string one_of(const std::vector<std::string>& words);

}  // namespace tocsin::config
