#include "config/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <yaml-cpp/eventhandler.h>

#include <map>
#include <sstream>

#include "rules/model/planted.hpp"

namespace tocsin::config {
namespace {

// Builds the tree from the library's events. `open_` is the path to the node being filled; a key of
// a map waits in `keys_` until its value has come.
class Builder : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const std::string> file, Report& report, std::size_t values_max)
      : file_(std::move(file)), report_(report), values_max_(values_max) {}

  Node take_root() { return std::move(root_); }
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
    add(std::move(copy));
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
    bool has_key = false;
    std::string key;
    Mark key_mark;
  };

  Mark at(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

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
    node.text = value;
    node.quoted = quoted;
    node.mark = at(mark);
    count(mark, node);
    if (anchor) anchors_[anchor] = node;
    add(std::move(node));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, Node::Kind kind) {
    Node node;
    node.kind = kind;
    node.mark = at(mark);
    count(mark, node);
    open_.push_back({std::move(node), anchor, false, "", {}});
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.anchor) anchors_[done.anchor] = done.node;
    add(std::move(done.node));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      parent.has_key = true;
      parent.key_mark = node.mark;
      parent.key = node.text;
      if (node.kind != Node::Kind::scalar)
        report_.error(node.mark, "a key is plain text, not " + std::string(kind_name(node.kind)));
    } else {
      parent.has_key = false;
      add_member(parent, std::move(node));
    }
  }

  void add_member(Open& parent, Node value) {
    for (const auto& member : parent.node.members)
      if (member.key == parent.key && !planted("setting_given_twice")) {
        report_.error(parent.key_mark, "key '" + parent.key + "' is given twice, first in line " +
                                           std::to_string(member.mark.line));
        return;
      }
    parent.node.members.push_back({parent.key, parent.key_mark, std::move(value)});
  }

  std::shared_ptr<const std::string> file_;
  Report& report_;
  Node root_;
  bool has_root_ = false;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  const std::size_t values_max_;
  std::size_t values_ = 0;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a plain value";
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a map";
  }
  return "";
}

Parsed parse_yaml(const std::string& text, const std::string& file, Report& report,
                  std::size_t values_max) {
  Parsed out;
  const auto name = std::make_shared<const std::string>(file);
  out.root.mark = {name, 1, 1};
  Report found;  // dropped when the file does not even parse
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    Builder builder(name, found, values_max);
    if (parser.HandleNextDocument(builder) && builder.has_root()) out.root = builder.take_root();
    Builder second(name, found, values_max);
    if (parser.HandleNextDocument(second))
      found.error(out.root.mark, "more than one document in a file");
  } catch (const YAML::Exception& e) {
    report.error({name, e.mark.line + 1, e.mark.column + 1}, e.msg);
    out.root = {};
    out.broken = true;
    return out;
  }
  if (out.root.kind == Node::Kind::null) out.root.kind = Node::Kind::map;
  report.errors.insert(report.errors.end(), found.errors.begin(), found.errors.end());
  return out;
}

}  // namespace tocsin::config
