#include "rules/model/alert.hpp"

#include <cstring>

namespace tocsin {
namespace {

constexpr std::size_t header_bytes = 8;

std::uint16_t u16(const char* p) {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
std::uint32_t u32(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
void put16(std::string& out, std::size_t v) {
  const auto n = static_cast<std::uint16_t>(v);
  out.append(reinterpret_cast<const char*>(&n), sizeof n);
}

// Steps over one pair; null when it would leave the buffer.
const char* read_pair(const char* p, const char* end, Pair& pair) {
  if (end - p < 4) return nullptr;
  const std::size_t name = u16(p), value = u16(p + 2);
  if (static_cast<std::size_t>(end - p) < 4 + name + value) return nullptr;
  pair = {{p + 4, name}, {p + 4 + name, value}};
  return p + 4 + name + value;
}

std::string_view find(const char* p, const char* end, std::size_t count, std::string_view name) {
  Pair pair;
  for (std::size_t i = 0; i < count && p; ++i)
    if ((p = read_pair(p, end, pair)) && pair.first == name) return pair.second;
  return {};
}

std::vector<Pair> list(const char* p, const char* end, std::size_t count) {
  std::vector<Pair> out;
  out.reserve(count);
  Pair pair;
  for (std::size_t i = 0; i < count && p; ++i)
    if ((p = read_pair(p, end, pair))) out.push_back(pair);
  return out;
}

}  // namespace

std::uint16_t AlertText::label_count() const {
  return packed_.size() < header_bytes ? 0 : u16(packed_.data());
}
std::uint16_t AlertText::annotation_count() const {
  return packed_.size() < header_bytes ? 0 : u16(packed_.data() + 2);
}
bool AlertText::take_pair(std::string_view& rest, Pair& pair) {
  const char* after = read_pair(rest.data(), rest.data() + rest.size(), pair);
  if (after) rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
  return after != nullptr;
}
std::string_view AlertText::label_bytes() const {
  if (packed_.size() < header_bytes) return {};
  return packed_.substr(header_bytes, u32(packed_.data() + 4));
}
std::string_view AlertText::label(std::string_view name) const {
  const auto part = label_bytes();
  return find(part.data(), part.data() + part.size(), label_count(), name);
}
std::string_view AlertText::annotation(std::string_view name) const {
  const auto part = label_bytes();
  return find(part.data() + part.size(), packed_.data() + packed_.size(), annotation_count(), name);
}
std::vector<Pair> AlertText::labels() const {
  const auto part = label_bytes();
  return list(part.data(), part.data() + part.size(), label_count());
}
std::vector<Pair> AlertText::annotations() const {
  const auto part = label_bytes();
  return list(part.data() + part.size(), packed_.data() + packed_.size(), annotation_count());
}

std::string_view AlertText::generator_url() const {
  const auto part = label_bytes();
  const char* p = part.data() + part.size();
  const char* end = packed_.data() + packed_.size();
  Pair pair;
  for (std::size_t i = 0; i < annotation_count() && p; ++i) p = read_pair(p, end, pair);
  if (!p || end - p < 2) return {};
  const std::size_t size = u16(p);
  return static_cast<std::size_t>(end - p) < 2 + size ? std::string_view{}
                                                      : std::string_view(p + 2, size);
}

bool AlertText::valid() const {
  if (packed_.size() < header_bytes || packed_.size() > AlertLimits::text_bytes) return false;
  if (u32(packed_.data() + 4) > packed_.size() - header_bytes) return false;
  const auto part = label_bytes();
  const char* end = packed_.data() + packed_.size();
  const char* p = part.data();
  Pair pair;
  for (std::size_t i = 0; i < label_count(); ++i)
    if (!(p = read_pair(p, part.data() + part.size(), pair))) return false;
  if (p != part.data() + part.size()) return false;
  for (std::size_t i = 0; i < annotation_count(); ++i)
    if (!(p = read_pair(p, end, pair))) return false;
  return end - p >= 2 && end - p == 2 + u16(p);
}

void pack_alert(std::string& out, const std::vector<Pair>& labels,
                const std::vector<Pair>& annotations, std::string_view generator_url) {
  put16(out, labels.size());
  put16(out, annotations.size());
  std::uint32_t label_size = 0;
  for (const auto& [name, value] : labels)
    label_size += static_cast<std::uint32_t>(4 + name.size() + value.size());
  out.append(reinterpret_cast<const char*>(&label_size), sizeof label_size);
  for (const auto* part : {&labels, &annotations})
    for (const auto& [name, value] : *part) {
      put16(out, name.size());
      put16(out, value.size());
      out.append(name).append(value);
    }
  put16(out, generator_url.size());
  out.append(generator_url);
}

}  // namespace tocsin
