#pragma once
// Where each part of the configuration stands, for people who want to change what was decided.
// Kept beside the settings and no part of their hash: a comment that moves lines decides nothing.
// Made by config/, immutable afterwards; any thread. Lines count from 1.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

// `key` is what a file says: "rules.a100", "cis.db-1", "escalation.P1[2]", "hold_down.error".
struct Place {
  enum class Kind : std::uint8_t {
    file,      // file:line; without a line, the CIs that were imported
    standard,  // nobody wrote it: the default of Tocsin, and `key` is what overrides it
    stored,    // the settings were read from the store, which keeps no files
  } kind = Kind::standard;
  std::string key, file;
  int line = 0;
};
std::string to_text(const Place& place);  // "tocsin.yaml:31 (rules.a100)"

class Places {
 public:
  // While they are made; sort() ends that. What is said first of a key stays.
  void add(std::string key, const std::string& file, int line);
  void sort();
  // What is known of a file, when it is to be said anew.
  void forget(const std::string& file);
  void mark_stored() { stored_ = true; }

  // The first of the keys that somebody wrote; else the default, named by the first key.
  Place of(std::initializer_list<std::string_view> keys) const;
  Place of(std::string_view key) const { return of({key}); }
  bool stored() const { return stored_; }

 private:
  struct Entry {
    std::string key;
    std::uint32_t file = 0;  // into files_
    int line = 0;
  };
  std::vector<Entry> entries_;  // sorted by key
  std::vector<std::string> files_;
  bool stored_ = false;
};

}  // namespace tocsin
