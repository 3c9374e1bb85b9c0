#pragma once
// Finds, among thousands of lists of matchers, the first one that an alert fits, in a time that
// does not grow with their number. Made once for a configuration, then only read, by any thread.
//
// Each list rests on the one of its conditions that the fewest others rest on: on a value that a
// label must have (also one of several: a|b|c), or on a text that must stand in it. Those of the
// alert's labels are looked up, and only what they lead to is tried in full. Lists that have no
// such condition are tried always. Walking all of them with matches_all() is the plain twin.

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rules/model/literal_finder.hpp"
#include "rules/model/matcher.hpp"

namespace tocsin {

class MatcherIndex {
 public:
  // The place of a list is its rank: the smallest that fits is the first. None of them is kept.
  static std::shared_ptr<const MatcherIndex> compile(
      const std::vector<const std::vector<Matcher>*>& lists);

  std::size_t size() const { return size_; }

  // The first list that fits; -1: none. at(place) is the list that was compiled at that place.
  template <class At>
  std::int32_t first(const Subject& subject, const At& at) const {
    const Lists lists{&at, [](const void* of, std::uint32_t place) -> const std::vector<Matcher>& {
                        return (*static_cast<const At*>(of))(place);
                      }};
    return first_of(subject, lists);
  }

  // Places that may fit, ascending; not those that are tried always.
  using Places = absl::InlinedVector<std::uint32_t, 32>;
  void find(const Subject& subject, Places& found) const;
  // Those that rest on nothing, ascending.
  const std::vector<std::uint32_t>& always() const { return always_; }
  // The most lists that rest on one and the same condition; those that rest on nothing are one,
  // too.
  std::size_t crowd() const { return crowd_; }

 private:
  // A label, an annotation or something else that lists rest on.
  struct Field {
    Matcher::Of of = Matcher::Of::label;
    std::string name;
    std::uint64_t seed = 0;
    bool exact = false;
    LiteralFinder parts;
  };
  struct Range {
    std::uint32_t begin = 0, end = 0;
  };
  struct Lists {
    const void* of;
    const std::vector<Matcher>& (*at)(const void* of, std::uint32_t place);
    const std::vector<Matcher>& operator()(std::uint32_t place) const { return at(of, place); }
  };
  friend class MatcherIndexBuilder;
  std::int32_t first_of(const Subject& subject, const Lists& lists) const;
  template <class Look>
  void each_value(const Subject& subject, Look&& look) const;
  void look(const Field& field, std::uint64_t hash, std::string_view value, Places& found) const;
  void look_again(const Field& field, std::string_view value, const Lists& lists,
                  Places& found) const;

  std::size_t size_ = 0, crowd_ = 0;
  std::uint64_t digest_ = 0;   // of all lists: tells one index from another
  std::vector<bool> lone_;     // by place: a list of one matcher
  std::vector<Field> labels_;  // by name
  std::vector<Field> others_;
  absl::flat_hash_map<std::uint64_t, Range> exact_;  // hash of field and value -> of places_
  std::vector<std::uint32_t> places_;
  std::vector<std::uint32_t> always_;
};

// Makes the indexes of the rules and of the CIs with matchers. Neither may change afterwards.
void index_matchers(Settings& settings);

}  // namespace tocsin
