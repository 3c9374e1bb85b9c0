#pragma once
// One number for everything that a store knows at one frame: live rows, totals, configuration,
// timelines and closed incidents. Equal states, equal digests, whatever checkpoint and log they
// were read from. Guards against damage and mistakes, not against somebody who wants to fool it.
// Bytes: docs/store.md, "Digest".

#include <map>
#include <string>
#include <string_view>

#include "daemon/engine/checkpoint.hpp"
#include "daemon/journal/journal.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

class StateDigest {
 public:
  void add(std::string_view key, std::string_view value);
  const std::map<char, TableDigest>& tables() const { return tables_; }
  void set(char table, TableDigest digest) { tables_[table] = digest; }
  std::string hex() const;  // 32 digits
  bool operator==(const StateDigest&) const = default;

 private:
  std::map<char, TableDigest> tables_;  // those that have rows, by their letter
};

// The rows of a snapshot, without what is archived.
void add_live(StateDigest& digest, const Snapshot& snapshot);
// What is archived: installed in `disk` (nullptr: nothing is), or still waiting in `view`, or
// both.
void add_archive(StateDigest& digest, const Archive::View& view, Journal* disk);

StateDigest digest_of(const Snapshot& snapshot, Journal* disk);

}  // namespace tocsin
