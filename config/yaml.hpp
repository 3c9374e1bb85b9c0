#pragma once
// YAML text -> a plain tree that knows where each piece stands. The library stops at the first
// syntax error and lets a key stand twice in one map; the second is found here.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"

namespace tocsin::config {

struct Node;
struct Member;

struct Node {
  enum class Kind { null, scalar, list, map } kind = Kind::null;
  std::string text;     // of a scalar
  bool quoted = false;  // a quoted scalar is text, whatever it looks like
  Mark mark;
  std::vector<Node> items;      // of a list
  std::vector<Member> members;  // of a map, in the order of the file, keys unique

  const Node* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Mark mark;  // of the key
  Node value;
};

std::string_view kind_name(Node::Kind kind);  // "a list", for messages

// One document. A syntax error is the only thing reported of its file and `root` is null then;
// `broken` tells. An empty text is an empty map.
struct Parsed {
  Node root;
  bool broken = false;
};
Parsed parse_yaml(const std::string& text, const std::string& file, Report& report,
                  std::size_t values_max = 1'000'000);  // an alias of an alias grows fast

}  // namespace tocsin::config
