#include "config/plain_yaml.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tocsin::config {
namespace {

constexpr int depth_max = 50;               // far below what the library takes
constexpr std::size_t key_bytes_max = 200;  // likewise

constexpr bool is_letter_or_digit(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// What a scalar without quotes may begin with, here: nothing that could be a sign of YAML.
constexpr std::array<bool, 256> begins_scalar = [] {
  std::array<bool, 256> out{};
  for (unsigned c = 0; c < 256; ++c)
    out[c] = c >= 0x80 || is_letter_or_digit(static_cast<unsigned char>(c));
  for (const char c : {'_', '.', '/', '~', '+', '^', '$', '(', '<', '='})
    out[static_cast<unsigned char>(c)] = true;
  return out;
}();

class Parser {
 public:
  Parser(std::string_view text, const std::shared_ptr<const std::string>* file, TreeMemory& memory,
         std::size_t values_max)
      : text_(text), file_(file), memory_(memory), values_max_(values_max) {}

  std::optional<Node> run() {
    Node root;
    if (!only_known_characters() || !to_content() || at_end()) return {};
    if (!block(root, -1) || !at_end()) return {};
    if (root.kind != Node::Kind::map && root.kind != Node::Kind::list) return {};
    return root;
  }

 private:
  // ---- characters ----

  // Other encodings have zeros or a mark at the beginning.
  bool only_known_characters() const {
    if (text_.empty() || static_cast<unsigned char>(text_[0]) >= 0x80) return false;
    return std::all_of(text_.begin(), text_.end(), [](char c) {
      return c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
  }
  bool at_end() const { return at_ == text_.size(); }
  char look(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n';
  }
  bool blank(std::size_t ahead) const { return look(ahead) == ' ' || look(ahead) == '\n'; }
  int column() const { return static_cast<int>(at_ - line_begin_); }  // from 0
  Spot mark() const { return {file_, line_, column() + 1}; }
  void spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  void next_line() {
    ++at_, ++line_;
    line_begin_ = at_;
  }

  // To the next line, from the end of this one or a comment, that says something.
  bool to_content() {
    for (;;) {
      const std::size_t before = at_;
      spaces();
      if (at_end()) return true;
      if (look() == '#' && (at_ > before || column() == 0)) {
        at_ = std::min(text_.find('\n', at_), text_.size());
        if (at_end()) return true;
      }
      if (look() == '\n') {
        next_line();
        continue;
      }
      // Something stands there; only at the beginning of its line is it content.
      return text_.find_first_not_of(' ', line_begin_) == at_ && !is_mark_of_document();
    }
  }
  bool is_mark_of_document() const {
    return column() == 0 &&
           (text_.substr(at_).starts_with("---") || text_.substr(at_).starts_with("..."));
  }

  // ---- blocks ----

  // What begins here, deeper than `parent`. Afterwards, here is the next content.
  bool block(Node& out, int parent) {
    if (!(column() > parent && depth_ < depth_max)) return false;
    if (look() == '-' && blank(1)) return block_list(out, column());
    if (look() == '{' || look() == '[') return flow(out) && to_content();
    const int begin = column();
    const Spot begin_mark = mark();
    Node first;
    if (!(scalar(first, false))) return false;
    if (look() == ':' && blank(1)) return block_map(out, begin, begin_mark, first);
    out = first;
    return to_content();
  }

  bool block_map(Node& out, int indent, Spot begin, Node key) {
    const std::size_t base = members_.size();
    ++depth_;
    if (!(count())) return false;
    for (;;) {
      Node value;
      ++at_;  // the colon
      if (!(after_colon(value, indent) && add(base, key, value))) return false;
      if (at_end() || column() < indent) break;
      if (!(column() == indent && !(look() == '-' && blank(1)))) return false;
      if (!(look() != '{' && look() != '[' && scalar(key, false))) return false;
      if (!(look() == ':' && blank(1))) return false;
    }
    close_map(out, base, begin);
    return true;
  }

  // In this line, or below it, or a list as far to the left as the key.
  bool after_colon(Node& value, int indent) {
    const int line = line_;
    const std::size_t before = at_;
    spaces();
    if (look() != '\n' && !(look() == '#' && at_ > before)) {
      if (!(!at_end())) return false;
      if (look() == '{' || look() == '[') return flow(value) && to_content();
      return scalar(value, false) && to_content();
    }
    if (!(to_content() && !at_end() && line_ > line)) return false;
    if (column() == indent && look() == '-' && blank(1)) return block_list(value, indent, true);
    return block(value, indent);
  }

  // `beside_key`: the key that it belongs to stands as far to the left, and so does the next one.
  bool block_list(Node& out, int indent, bool beside_key = false) {
    const std::size_t base = items_.size();
    const Spot begin = mark();
    ++depth_;
    if (!(count())) return false;
    for (;;) {
      Node item;
      ++at_;  // the dash
      const int line = line_;
      const std::size_t before = at_;
      spaces();
      if (look() == '\n' || (look() == '#' && at_ > before))
        if (!(to_content() && !at_end() && line_ > line)) return false;
      if (!(!at_end() && block(item, indent))) return false;
      items_.push_back(item);
      if (at_end() || column() < indent) break;
      if (!(column() == indent)) return false;
      if (look() == '-' && blank(1)) continue;
      if (!(beside_key)) return false;
      break;
    }
    close_list(out, base, begin);
    return true;
  }

  // ---- in brackets ----

  bool flow(Node& out) {
    if (!(++depth_ < depth_max && count())) return false;
    return look() == '[' ? flow_list(out) : flow_map(out);
  }

  // Spaces and line ends between what stands in brackets.
  bool flow_spaces() {
    for (spaces(); !at_end() && look() == '\n'; spaces()) {
      next_line();
      if (!(!is_mark_of_document())) return false;
    }
    return !at_end() && look() != '#';
  }

  bool flow_list(Node& out) {
    const std::size_t base = items_.size();
    const Spot begin = mark();
    ++at_;
    if (!(flow_spaces())) return false;
    while (look() != ']') {
      Node item;
      if (!(flow_value(item))) return false;
      items_.push_back(item);
      if (!(flow_next(']'))) return false;
    }
    ++at_;
    close_list(out, base, begin);
    return true;
  }

  bool flow_map(Node& out) {
    const std::size_t base = members_.size();
    const Spot begin = mark();
    ++at_;
    if (!(flow_spaces())) return false;
    while (look() != '}') {
      Node key, value;
      if (!(scalar(key, true) && look() == ':' && (key.quoted || blank(1)))) return false;
      ++at_;
      if (!(flow_spaces() && flow_value(value) && add(base, key, value))) return false;
      if (!(flow_next('}'))) return false;
    }
    ++at_;
    close_map(out, base, begin);
    return true;
  }

  bool flow_value(Node& out) {
    return look() == '[' || look() == '{' ? flow(out) : scalar(out, true);
  }

  // A comma and what follows it, or the end.
  bool flow_next(char end) {
    if (!(flow_spaces())) return false;
    if (look() == end) return true;
    if (!(look() == ',')) return false;
    ++at_;
    return flow_spaces() && look() != end;
  }

  // ---- scalars ----

  bool scalar(Node& out, bool in_flow) {
    out = {};
    out.mark = mark();
    if (!(count())) return false;
    if (look() == '"' || look() == '\'') {
      out.kind = Node::Kind::scalar, out.quoted = true;
      return look() == '"' ? double_quoted(out) : single_quoted(out);
    }
    const bool begins = begins_scalar[static_cast<unsigned char>(look())] ||
                        (look() == '-' && is_letter_or_digit(static_cast<unsigned char>(look(1))));
    if (!(begins && !at_end())) return false;
    const std::size_t begin = at_;
    for (;; ++at_) {
      const char c = look();
      if (c == '\n') {
        if (!(!in_flow)) return false;  // it could go on in the next line
        break;
      }
      if (c == ' ' && look(1) == '#') break;
      if (c == ':' && blank(1)) break;
      if (!in_flow) continue;
      if (c == ',' || c == ']' || c == '}') break;
      if (!(c != '[' && c != '{' && c != '?')) return false;
      if (!(!(c == ':' && (look(1) == ',' || look(1) == ']' || look(1) == '}')))) return false;
    }
    out.text = text_.substr(begin, at_ - begin);
    out.text = out.text.substr(0, out.text.find_last_not_of(' ') + 1);
    // `key :` is a key, too: it is left to the library.
    if (!(look() != ':' || text_[at_ - 1] != ' ')) return false;
    for (const std::string_view nothing : {"~", "null", "Null", "NULL"})
      if (out.text == nothing) {
        out.text = {};
        return true;  // its kind is null already
      }
    out.kind = Node::Kind::scalar;
    return true;
  }

  bool single_quoted(Node& out) {
    const std::size_t begin = ++at_;
    const std::size_t end = text_.find('\'', begin);
    if (!(end != text_.npos)) return false;
    out.text = text_.substr(begin, end - begin);
    at_ = end + 1;
    return out.text.find('\n') == out.text.npos && look() != '\'';  // two are one
  }

  bool double_quoted(Node& out) {
    const std::size_t begin = ++at_;
    for (;; ++at_) {
      if (at_end() || look() == '\n') return false;
      if (look() == '\\') return escaped(out, begin);
      if (look() == '"') break;
    }
    out.text = text_.substr(begin, at_++ - begin);
    return true;
  }
  bool escaped(Node& out, std::size_t begin) {
    std::string text(text_.substr(begin, at_ - begin));
    for (;; ++at_) {
      if (at_end() || look() == '\n') return false;
      if (look() == '"') break;
      if (look() != '\\') {
        text += look();
        continue;
      }
      ++at_;
      if (look() == '"' || look() == '\\' || look() == '/')
        text += look();
      else if (look() == 'n' || look() == 't')
        text += look() == 'n' ? '\n' : '\t';
      else
        return false;
    }
    ++at_;
    out.text = memory_.keep(text);
    return true;
  }

  // ---- what was read ----

  bool count() { return ++values_ <= values_max_; }

  bool add(std::size_t base, const Node& key, const Node& value) {
    if (!(key.kind == Node::Kind::scalar && key.text.size() <= key_bytes_max)) return false;
    for (std::size_t i = base; i < members_.size(); ++i)
      if (!(members_[i].key != key.text)) return false;
    members_.push_back({key.text, key.mark, value});
    return true;
  }
  void close_map(Node& out, std::size_t base, Spot begin) {
    out = {};
    out.kind = Node::Kind::map, out.mark = begin;
    out.members = {members_.data() + base, members_.size() - base, memory_};
    members_.resize(base);
    --depth_;
  }
  void close_list(Node& out, std::size_t base, Spot begin) {
    out = {};
    out.kind = Node::Kind::list, out.mark = begin;
    out.items = {items_.data() + base, items_.size() - base, memory_};
    items_.resize(base);
    --depth_;
  }

  const std::string_view text_;
  const std::shared_ptr<const std::string>* const file_;
  TreeMemory& memory_;
  const std::size_t values_max_;
  std::size_t values_ = 0, at_ = 0, line_begin_ = 0;
  int line_ = 1, depth_ = 0;
  // Of the maps and lists that are not closed yet, the innermost last.
  std::vector<Member> members_;
  std::vector<Node> items_;
};

}  // namespace

std::optional<Node> parse_plain_yaml(std::string_view text,
                                     const std::shared_ptr<const std::string>* file,
                                     TreeMemory& memory, std::size_t values_max) {
  return Parser(text, file, memory, values_max).run();
}

}  // namespace tocsin::config
