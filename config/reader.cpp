#include "config/reader.hpp"

#include <algorithm>
#include <charconv>

namespace tocsin::config {

Reader::Reader(const Node& node, std::string what, Report& report)
    : node_(node), what_(std::move(what)), report_(report), ok_(node.kind == Node::Kind::map) {
  if (!ok_)
    report_.error(node.mark, what_ + " is a map of keys, not " + std::string(kind_name(node.kind)));
}

const Node* Reader::find(std::string_view key) {
  known_.emplace_back(key);
  const Node* node = node_.find(key);
  return node && node->kind != Node::Kind::null ? node : nullptr;
}

void Reader::wrong_type(std::string_view key, const Node& node, std::string_view wanted) {
  std::string message = std::string(key) + " is " + std::string(wanted) + ", not ";
  if (node.kind == Node::Kind::scalar)
    message += "'" + node.text + "'";
  else
    message += kind_name(node.kind);
  report_.error(node.mark, std::move(message));
}

std::optional<Word> Reader::word(std::string_view key) {
  const Node* node = find(key);
  if (!node) return {};
  if (node->kind != Node::Kind::scalar) return wrong_type(key, *node, "text"), std::nullopt;
  return Word{node->text, node->mark};
}

std::optional<Word> Reader::required(std::string_view key) {
  const Node* node = node_.find(key);
  auto value = word(key);
  if (!value && ok_ && (!node || node->kind == Node::Kind::null))
    report_.error(node_.mark, what_ + " has no " + std::string(key));
  if (value && value->text.empty()) {
    report_.error(value->mark, std::string(key) + " is empty");
    return {};
  }
  return value;
}

std::string Reader::text(std::string_view key, std::string fallback) {
  auto value = word(key);
  return value ? std::move(value->text) : std::move(fallback);
}

std::vector<Word> Reader::words(std::string_view key) {
  const Node* node = find(key);
  if (!node) return {};
  if (node->kind == Node::Kind::scalar) return {{node->text, node->mark}};
  if (node->kind != Node::Kind::list) return wrong_type(key, *node, "a list"), std::vector<Word>{};
  std::vector<Word> out;
  for (const auto& item : node->items)
    if (item.kind == Node::Kind::scalar)
      out.push_back({item.text, item.mark});
    else
      report_.error(item.mark, std::string(key) + " is a list of words; this is " +
                                   std::string(kind_name(item.kind)));
  return out;
}

void Reader::duration(std::string_view key, Span& value) {
  const auto w = word(key);
  if (!w) return;
  if (const auto parsed = parse_duration(w->text))
    value = *parsed;
  else
    report_.error(w->mark, std::string(key) + " is a duration such as 90s, 4h, 1h30m or 2d, not '" +
                               w->text + "'");
}

void Reader::boolean(std::string_view key, bool& value) {
  const Node* node = find(key);
  if (!node) return;
  if (node->kind == Node::Kind::scalar && !node->quoted) {
    if (node->text == "true") return void(value = true);
    if (node->text == "false") return void(value = false);
  }
  wrong_type(key, *node, "true or false");
}

void Reader::integer(std::string_view key, std::int64_t low, std::int64_t high,
                     std::int64_t& value) {
  const auto w = word(key);
  if (!w) return;
  std::int64_t parsed = 0;
  const char* end = w->text.data() + w->text.size();
  const auto [at, error] = std::from_chars(w->text.data(), end, parsed);
  if (error != std::errc{} || at != end || parsed < low || parsed > high)
    report_.error(w->mark, std::string(key) + " is a whole number from " + std::to_string(low) +
                               " to " + std::to_string(high) + ", not '" + w->text + "'");
  else
    value = parsed;
}

Slice<Node> Reader::items(std::string_view key) {
  const Node* node = find(key);
  if (!node) return {};
  if (node->kind == Node::Kind::list) return node->items;
  wrong_type(key, *node, "a list");
  return {};
}

Slice<Member> Reader::members(std::string_view key) {
  const Node* node = find(key);
  if (!node) return {};
  if (node->kind == Node::Kind::map) return node->members;
  wrong_type(key, *node, "a map");
  return {};
}

void Reader::finish() {
  for (const auto& member : node_.members)
    if (std::find(known_.begin(), known_.end(), member.key) == known_.end())
      report_.error(member.mark, "unknown key '" + member.key + "' in " + what_ +
                                     did_you_mean(member.key, {known_.begin(), known_.end()}));
}

void Reader::not_one_of(const Word& w, std::string_view key,
                        const std::vector<std::string>& known) {
  report_.error(w.mark, std::string(key) + " is " + one_of(known) + ", not '" + w.text + "'" +
                            did_you_mean(w.text, known));
}

std::string one_of(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

}  // namespace tocsin::config
