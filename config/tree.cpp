#include "config/tree.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tocsin::config {
namespace {

// Large enough to be given back to the system when it is let go of.
constexpr std::size_t block_bytes_max = 4u << 20;

}  // namespace

char* TreeMemory::bytes(std::size_t n) {
  n = (n + alignment - 1) / alignment * alignment;
  if (n > left_) {
    left_ = std::max(n, next_);
    next_ = std::min(2 * next_, block_bytes_max);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    at_ = blocks_.back().get();
  }
  left_ -= n;
  return std::exchange(at_, at_ + n);
}

std::string_view TreeMemory::keep(std::string_view text) {
  if (text.empty()) return {};
  char* to = bytes(text.size());
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::string_view TreeMemory::keep_whole(std::string&& text) {
  return texts_.emplace_back(std::move(text));
}

const std::shared_ptr<const std::string>* TreeMemory::keep_name(std::string file) {
  return &names_.emplace_back(std::make_shared<const std::string>(std::move(file)));
}

void TreeMemory::take(TreeMemory&& other) {
  std::move(other.blocks_.begin(), other.blocks_.end(), std::back_inserter(blocks_));
  texts_.splice(texts_.end(), other.texts_);
  names_.splice(names_.end(), other.names_);
  other = {};
}

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

}  // namespace tocsin::config
