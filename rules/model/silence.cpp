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
constexpr std::string_view ci_shelf{"\xff", 1};  // never the name of a label

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

std::string pack_cis(std::vector<std::string> cis) {
  std::sort(cis.begin(), cis.end());
  cis.erase(std::unique(cis.begin(), cis.end()), cis.end());
  std::string out;
  for (const std::string& ci : cis) (out += out.empty() ? "" : "\n") += ci;
  return out;
}
std::vector<std::string> unpack_cis(std::string_view packed) {
  std::vector<std::string> out;
  while (!packed.empty()) {
    const std::string_view ci = packed.substr(0, packed.find('\n'));
    out.emplace_back(ci);
    packed.remove_prefix(std::min(packed.size(), ci.size() + 1));
  }
  return out;
}

// A function of what it fits alone: a state that was loaded decides as the one that grew.
std::vector<std::uint64_t> SilenceIndex::shelves_of(std::string_view packed, std::string_view cis) {
  std::vector<std::uint64_t> out;
  for (const std::string& ci : unpack_cis(cis)) out.push_back(hash_of(ci_shelf, ci));
  if (!out.empty()) return out;
  Matcher m, best;
  while (take(packed, m))
    if (m.op == Matcher::Op::equal && m.value.size() > best.value.size()) best = m;
  return {best.value.empty() ? 0 : hash_of(best.label, best.value)};
}

void SilenceIndex::add(SilenceId id, std::uint32_t slot, std::string_view packed,
                       std::string_view cis) {
  std::string why;
  auto matchers = unpack_matchers(packed, why);
  auto entry = std::make_shared<Entry>();
  entry->id = id, entry->slot = slot, entry->cis = unpack_cis(cis);
  // What cannot be read mutes nothing; it was checked before it was written.
  if (matchers && (!matchers->empty() || !entry->cis.empty()))
    entry->matchers = std::move(*matchers);
  else
    entry->matchers.push_back({"", Matcher::Op::not_equal, "", nullptr});
  for (const std::uint64_t shelf : shelves_of(packed, cis)) shelves_[shelf].push_back(entry);
  ++size_;
}

void SilenceIndex::erase(SilenceId id, std::string_view packed, std::string_view cis) {
  bool known = false;
  for (const std::uint64_t shelf : shelves_of(packed, cis)) {
    const auto it = shelves_.find(shelf);
    if (it == shelves_.end()) continue;
    known |= std::erase_if(it->second, [id](const auto& entry) { return entry->id == id; }) > 0;
    if (it->second.empty()) shelves_.erase(it);
  }
  size_ -= known;
}

bool SilenceIndex::fits_everything(const std::vector<Matcher>& matchers) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [](const Matcher& m) { return matches(m, AlertText()); });
}

std::size_t SilenceIndex::together(std::string_view packed, std::string_view cis) const {
  std::size_t most = 0;
  for (const std::uint64_t shelf : shelves_of(packed, cis))
    if (const auto it = shelves_.find(shelf); it != shelves_.end())
      most = std::max(most, it->second.size());
  return most;
}

void SilenceIndex::find(std::string_view ci, AlertText text,
                        std::vector<std::uint32_t>& found) const {
  const auto look = [&](std::uint64_t shelf) {
    const auto it = shelves_.find(shelf);
    if (it == shelves_.end()) return;
    for (const auto& entry : it->second) {
      if (!entry->cis.empty() && !std::binary_search(entry->cis.begin(), entry->cis.end(), ci))
        continue;
      if (matches_all(entry->matchers, text)) found.push_back(entry->slot);
    }
  };
  look(0);
  if (!ci.empty()) look(hash_of(ci_shelf, ci));
  for (const auto& [label, value] : text.labels()) look(hash_of(label, value));
}

}  // namespace tocsin
