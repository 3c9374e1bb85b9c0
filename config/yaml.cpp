#include "config/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <yaml-cpp/eventhandler.h>

#include <map>
#include <sstream>
#include <utility>

#include "config/plain_yaml.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::config {
namespace {

// Builds the tree from the library's events. `open_` is the path to the node being filled; a key of
// a map waits in `keys_` until its value has come.
class Builder : public YAML::EventHandler {
 public:
  Builder(const std::shared_ptr<const std::string>* file, Report& report, TreeMemory& memory,
          std::size_t values_max)
      : file_(file), report_(report), memory_(memory), values_max_(values_max) {}

  const Node& root() const { return root_; }
  bool has_root() const { return has_root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, anchor, Node::Kind::null, "", false);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto it = anchors_.find(anchor);
    if (it == anchors_.end()) throw YAML::ParserException(mark, "an alias of something unfinished");
    Node copy = it->second;
    copy.mark = at(mark);
    count(mark, copy);
    add(copy);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    scalar(mark, anchor, Node::Kind::scalar, value, tag == "!");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, Node::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::vector<Node> items;
    std::vector<Member> members;
    bool has_key = false;
    std::string_view key;
    Spot key_mark;
  };

  Spot at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void count(const YAML::Mark& mark, const Node& node) {
    if (++values_ > values_max_)
      throw YAML::ParserException(mark, "more than " + std::to_string(values_max_) + " values");
    for (const auto& item : node.items) count(mark, item);
    for (const auto& member : node.members) count(mark, member.value);
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind,
              const std::string& value, bool quoted) {
    Node node;
    node.kind = kind;
    node.text = memory_.keep(value);
    node.quoted = quoted;
    node.mark = at(mark);
    count(mark, node);
    if (anchor) anchors_[anchor] = node;
    add(node);
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    Node node;
    node.kind = kind;
    node.mark = at(mark);
    count(mark, node);
    open_.push_back({node, anchor, {}, {}, false, {}, {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    done.node.items = {done.items, memory_};
    done.node.members = {done.members, memory_};
    if (done.anchor) anchors_[done.anchor] = done.node;
    add(done.node);
  }

  void add(const Node& node) {
    if (open_.empty()) {
      root_ = node;
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.items.push_back(node);
    } else if (!parent.has_key) {
      parent.has_key = true;
      parent.key_mark = node.mark;
      parent.key = node.text;
      if (node.kind != Node::Kind::scalar)
        report_.error(node.mark, "a key is plain text, not " + std::string(kind_name(node.kind)));
    } else {
      parent.has_key = false;
      add_member(parent, node);
    }
  }

  void add_member(Open& parent, const Node& value) {
    for (const auto& member : parent.members)
      if (member.key == parent.key && !planted("setting_given_twice")) {
        report_.error(parent.key_mark, "key '" + std::string(parent.key) +
                                           "' is given twice, first in line " +
                                           std::to_string(member.mark.line));
        return;
      }
    parent.members.push_back({parent.key, parent.key_mark, value});
  }

  const std::shared_ptr<const std::string>* const file_;
  Report& report_;
  TreeMemory& memory_;
  Node root_;
  bool has_root_ = false;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  const std::size_t values_max_;
  std::size_t values_ = 0;
};

}  // namespace

Parsed parse_yaml(std::string text, const std::string& file, Report& report, TreeMemory& memory,
                  std::size_t values_max) {
  TreeMemory plain;
  const std::string_view kept = plain.keep_whole(std::move(text));
  if (const auto root = parse_plain_yaml(kept, plain.keep_name(file), plain, values_max)) {
    memory.take(std::move(plain));
    return {*root, false};
  }
  return parse_by_library(std::string(kept), file, report, memory, values_max);
}

Parsed parse_by_library(const std::string& text, const std::string& file, Report& report,
                        TreeMemory& memory, std::size_t values_max) {
  Parsed out;
  const auto* name = memory.keep_name(file);
  out.root.mark = {name, 1, 1};
  Report found;  // dropped when the file does not even parse
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    Builder builder(name, found, memory, values_max);
    if (parser.HandleNextDocument(builder) && builder.has_root()) out.root = builder.root();
    Builder second(name, found, memory, values_max);
    if (parser.HandleNextDocument(second))
      found.error(out.root.mark, "more than one document in a file");
  } catch (const YAML::Exception& e) {
    report.error({*name, e.mark.line + 1, e.mark.column + 1}, e.msg);
    out.root = {};
    out.broken = true;
    return out;
  }
  if (out.root.kind == Node::Kind::null) out.root.kind = Node::Kind::map;
  report.errors.insert(report.errors.end(), found.errors.begin(), found.errors.end());
  return out;
}

}  // namespace tocsin::config
