#pragma once
// Inhibition, as Alertmanager has it: while a source fires, the targets with the same values of the
// `equal` labels page nobody. An alert that is both source and target of a rule is not inhibited by
// one that is both as well, and so never by itself; a label that is absent is empty.
//
// A rule and these values make a key. A source carries its keys (a fact, and bytes of its row); the
// state counts the sources of each key, so that a target asks with one look-up per rule that it
// fits, however many alerts fire. The rules that fit are found through an index.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rules/model/state.hpp"

namespace tocsin {

// Of one alert: what would be beyond inhibits nothing, and so pages.
inline constexpr std::size_t source_keys_max = 32;
// Of one incident: one of more is not held. Too much to keep quiet about.
inline constexpr std::size_t inhibited_keys_max = 64;

// Compiles the indexes and hashes of the rules. The ids of those that do not go, with the reasons.
std::vector<std::pair<std::string, std::string>> index_inhibition(Settings& settings);

// What an alert inhibits while it fires: ascending, each once.
std::vector<std::uint64_t> source_keys(const Settings& settings, AlertText text);

// The first rule by which it is inhibited now, and the key of its sources.
struct Inhibited {
  std::uint32_t rule = 0;  // place in Settings::inhibit
  std::uint64_t key = 0;
};
std::optional<Inhibited> inhibited(const State& state, const Settings& settings, AlertText text);

// Ascending places of the rules of which it is a target, each with the keys of sources that would
// hold it back.
struct TargetKeys {
  std::uint32_t rule = 0;
  std::uint64_t of_sources = 0;               // that are no targets themselves
  std::optional<std::uint64_t> of_both = {};  // that are; nothing when it is a source as well
};
std::vector<TargetKeys> target_keys(const Settings& settings, AlertText text);

// "HostDown on web-07", for people.
std::string source_words(AlertText text, std::string_view ci);

}  // namespace tocsin
