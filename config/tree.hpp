#pragma once
// A plain tree of what a file of the configuration says, that knows where each piece stands. A
// large inventory has millions of pieces, which are made and let go of at once: nodes and texts lie
// in a TreeMemory and hold nothing themselves. Made on one thread; read by any while its memory
// lives.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"

namespace tocsin::config {

// Only ever grows, and is given back as a whole.
class TreeMemory {
 public:
  TreeMemory() = default;
  TreeMemory(TreeMemory&&) = default;
  TreeMemory& operator=(TreeMemory&&) = default;

  template <class T>
  T* room_for(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= alignment);
    return reinterpret_cast<T*>(bytes(n * sizeof(T)));
  }
  std::string_view keep(std::string_view text);
  std::string_view keep_whole(std::string&& text);  // of a file, without a copy
  const std::shared_ptr<const std::string>* keep_name(std::string file);
  void take(TreeMemory&& other);  // whatever stands in it, stays where it is

 private:
  static constexpr std::size_t alignment = alignof(std::max_align_t);
  char* bytes(std::size_t n);

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t left_ = 0, next_ = 4u << 10;  // and then twice as much
  char* at_ = nullptr;
  // Lists: what is in them is never moved.
  std::list<std::string> texts_;
  std::list<std::shared_ptr<const std::string>> names_;
};

// A list in a TreeMemory.
template <class T>
class Slice {
 public:
  Slice() = default;
  // A copy of so many.
  Slice(const T* from, std::size_t n, TreeMemory& memory)
      : data_(n ? memory.room_for<T>(n) : nullptr), size_(static_cast<std::uint32_t>(n)) {
    if (n) std::memcpy(static_cast<void*>(data_), from, n * sizeof(T));
  }
  Slice(const std::vector<T>& list, TreeMemory& memory) : Slice(list.data(), list.size(), memory) {}

  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) const { return data_[i]; }
  T& back() const { return data_[size_ - 1]; }

  template <class Is>
  void erase_if(Is&& is) {
    std::uint32_t kept = 0;
    for (T& item : *this)
      if (!is(item)) data_[kept++] = item;
    size_ = kept;
  }

 private:
  T* data_ = nullptr;
  std::uint32_t size_ = 0;
};

// A text in a TreeMemory; copied where it is kept or put together with others.
struct Text : std::string_view {
  Text() = default;
  Text(std::string_view text) : std::string_view(text) {}
  Text(const char* text) : std::string_view(text) {}
  operator std::string() const { return std::string(begin(), end()); }
};
inline std::string operator+(std::string a, Text b) {
  return std::move(a.append(b));
}
inline std::string operator+(Text a, std::string_view b) {
  return std::string(a).append(b);
}

// A Mark of something in a tree: good for as long as that is.
struct Spot {
  const std::shared_ptr<const std::string>* file = nullptr;
  int line = 0, column = 0;
  operator Mark() const { return {file ? *file : nullptr, line, column}; }
};

struct Member;

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map } kind = Kind::null;
  bool quoted = false;  // a quoted scalar is text, whatever it looks like
  Spot mark;
  Text text;              // of a scalar
  Slice<Node> items;      // of a list
  Slice<Member> members;  // of a map, in the order of the file, keys unique

  const Node* find(std::string_view key) const;
};

struct Member {
  Text key;
  Spot mark;  // of the key
  Node value;
};

std::string_view kind_name(Node::Kind kind);  // "a list", for messages

// `a` and then `b`.
template <class T>
Slice<T> joined(const Slice<T>& a, const Slice<T>& b, TreeMemory& memory) {
  std::vector<T> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  return {all, memory};
}

struct Parsed {
  Node root;
  bool broken = false;
};

}  // namespace tocsin::config
