#pragma once
// What a silence mutes: matchers as bytes, as people write them, and the index that finds the
// silences of an alert. The index is a copy-on-write part of the state: changed by fold alone, read
// by anybody through a snapshot.

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// Chosen, not measured, but for `together`: so many regular expressions cost an alert about 50 us.
struct SilenceLimits {
  static constexpr std::size_t matchers = 32;
  static constexpr std::size_t name_bytes = AlertLimits::name_bytes;
  static constexpr std::size_t value_bytes = 1024;
  static constexpr std::size_t packed_bytes = 8192;
  static constexpr std::size_t comment_bytes = 1024;
  static constexpr std::size_t person_bytes = 128;
  static constexpr std::size_t live = 10'000;   // pending and active
  static constexpr std::size_t rows = 20'000;   // with the expired ones
  static constexpr std::size_t together = 256;  // that rest on one and the same exact label
};

// Per matcher u8 operator, u16 name size, u16 value size, name, value; sorted, each once, so that
// the same matchers are the same bytes.
std::string pack_matchers(std::vector<Matcher> matchers);
// With their regular expressions compiled. Nothing when the bytes do not add up or an expression
// is none; `why` says which.
std::optional<std::vector<Matcher>> unpack_matchers(std::string_view packed, std::string& why);
// {alertname="DiskFull", instance=~"db-.*"}
std::string matchers_text(std::string_view packed);

// Ids of CIs, '\n' between them, ascending, each once; and back.
std::string pack_cis(std::vector<std::string> cis);
std::vector<std::string> unpack_cis(std::string_view packed);

// What one expression may take, in bytes, of a silence or of a rule.
inline constexpr std::int64_t regex_memory = 1 << 20;
// Anchored at both ends, linear in time and bounded in memory; false with the reason in `why`.
bool compile_regex(Matcher& matcher, std::string& why);

// Finds the silences of an alert in a time that does not grow with their number: each rests on the
// one of its exact labels with the longest value, and at most SilenceLimits::together rest on the
// same one, or on none. matches_all() over all of them is the plain twin.
class SilenceIndex {
 public:
  // With `cis`, ids with '\n' between, it rests on each of these instead, and fits nothing else.
  void add(SilenceId id, std::uint32_t slot, std::string_view packed, std::string_view cis = {});
  void erase(SilenceId id, std::string_view packed, std::string_view cis = {});
  std::size_t size() const { return size_; }
  // Whether there is nothing that they keep out: a silence of everything is none.
  static bool fits_everything(const std::vector<Matcher>& matchers);
  // How many rest where this one would; of several such places, in the fullest.
  std::size_t together(std::string_view packed, std::string_view cis = {}) const;

  // use(slot) for every silence that fits, whatever its time; in no particular order.
  template <class Use>
  void each_fit(AlertText text, Use&& use) const {
    each_fit({}, text, use);
  }
  template <class Use>
  void each_fit(std::string_view ci, AlertText text, Use&& use) const {
    if (size_ == 0) return;
    std::vector<std::uint32_t> found;
    find(ci, text, found);
    for (const std::uint32_t slot : found) use(slot);
  }

 private:
  struct Entry {
    SilenceId id;
    std::uint32_t slot = 0;
    std::vector<Matcher> matchers;
    std::vector<std::string> cis;  // ascending; none: any
  };
  using Shelf = std::vector<std::shared_ptr<const Entry>>;
  void find(std::string_view ci, AlertText text, std::vector<std::uint32_t>& found) const;
  // 0: on no exact label
  static std::vector<std::uint64_t> shelves_of(std::string_view packed, std::string_view cis);

  absl::flat_hash_map<std::uint64_t, Shelf> shelves_;
  std::size_t size_ = 0;
};

}  // namespace tocsin
