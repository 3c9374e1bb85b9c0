#include "rules/model/silence.hpp"

#define XXH_INLINE_ALL
#include <re2/re2.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "rules/model/matcher.hpp"

namespace tocsin {
namespace {

constexpr std::size_t head_bytes = 5;

bool is_regex(Matcher::Op op) {
  return op == Matcher::Op::matches || op == Matcher::Op::not_matches;
}

auto order(const Matcher& m) {
  return std::tuple(std::string_view(m.label), m.op, std::string_view(m.value));
}

// Takes one matcher off the front, without its expression.
bool take(std::string_view& packed, Matcher& m) {
  if (packed.size() < head_bytes) return false;
  const auto op = static_cast<std::uint8_t>(packed[0]);
  std::uint16_t name = 0, value = 0;
  std::memcpy(&name, packed.data() + 1, 2);
  std::memcpy(&value, packed.data() + 3, 2);
  if (op > 3 || packed.size() < head_bytes + name + value) return false;
  m.op = static_cast<Matcher::Op>(op);
  m.label = packed.substr(head_bytes, name);
  m.value = packed.substr(head_bytes + name, value);
  packed.remove_prefix(head_bytes + name + value);
  return true;
}

std::uint64_t hash_of(std::string_view label, std::string_view value) {
  const std::uint64_t seed = XXH3_64bits(label.data(), label.size());
  const std::uint64_t hash = XXH3_64bits_withSeed(value.data(), value.size(), seed);
  return hash ? hash : 1;
}

}  // namespace

bool compile_regex(Matcher& m, std::string& why) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(regex_memory);
  auto regex = std::make_shared<const re2::RE2>("^(?:" + m.value + ")$", options);
  if (!regex->ok()) return why = "error parsing regexp: " + regex->error(), false;
  m.regex = std::move(regex);
  return true;
}

std::string pack_matchers(std::vector<Matcher> matchers) {
  std::sort(matchers.begin(), matchers.end(),
            [](const Matcher& a, const Matcher& b) { return order(a) < order(b); });
  std::string out;
  const Matcher* before = nullptr;
  for (const Matcher& m : matchers) {
    if (before && order(*before) == order(m)) continue;
    before = &m;
    const auto name = static_cast<std::uint16_t>(m.label.size()),
               value = static_cast<std::uint16_t>(m.value.size());
    out.push_back(static_cast<char>(m.op));
    out.append(reinterpret_cast<const char*>(&name), 2);
    out.append(reinterpret_cast<const char*>(&value), 2);
    out.append(m.label).append(m.value);
  }
  return out;
}

std::optional<std::vector<Matcher>> unpack_matchers(std::string_view packed, std::string& why) {
  std::vector<Matcher> out;
  while (!packed.empty()) {
    Matcher m;
    if (!take(packed, m)) return why = "the matchers do not add up", std::nullopt;
    if (is_regex(m.op) && !compile_regex(m, why)) return {};
    out.push_back(std::move(m));
  }
  return out;
}

std::string matchers_text(std::string_view packed) {
  std::string out = "{";
  Matcher m;
  while (take(packed, m)) {
    if (out.size() > 1) out += ", ";
    out += matcher_text(m);
  }
  return out + "}";
}

// A function of the matchers alone: a state that was loaded decides as the one that grew.
std::uint64_t SilenceIndex::shelf_of(std::string_view packed) {
  Matcher m, best;
  while (take(packed, m))
    if (m.op == Matcher::Op::equal && m.value.size() > best.value.size()) best = m;
  return best.value.empty() ? 0 : hash_of(best.label, best.value);
}

void SilenceIndex::add(SilenceId id, std::uint32_t slot, std::string_view packed) {
  std::string why;
  auto matchers = unpack_matchers(packed, why);
  auto entry = std::make_shared<Entry>();
  entry->id = id, entry->slot = slot;
  // What cannot be read mutes nothing; it was checked before it was written.
  if (matchers && !matchers->empty())
    entry->matchers = std::move(*matchers);
  else
    entry->matchers.push_back({"", Matcher::Op::not_equal, "", nullptr});
  shelves_[shelf_of(packed)].push_back(std::move(entry));
  ++size_;
}

void SilenceIndex::erase(SilenceId id, std::string_view packed) {
  const auto it = shelves_.find(shelf_of(packed));
  if (it == shelves_.end()) return;
  size_ -= std::erase_if(it->second, [id](const auto& entry) { return entry->id == id; });
  if (it->second.empty()) shelves_.erase(it);
}

std::size_t SilenceIndex::together(std::string_view packed) const {
  const auto it = shelves_.find(shelf_of(packed));
  return it == shelves_.end() ? 0 : it->second.size();
}

void SilenceIndex::find(AlertText text, std::vector<std::uint32_t>& found) const {
  const auto look = [&](std::uint64_t shelf) {
    const auto it = shelves_.find(shelf);
    if (it == shelves_.end()) return;
    for (const auto& entry : it->second)
      if (matches_all(entry->matchers, text)) found.push_back(entry->slot);
  };
  look(0);
  for (const auto& [label, value] : text.labels()) look(hash_of(label, value));
}

}  // namespace tocsin
