#pragma once
// A tree of sections -> what is loaded. Internal to config/; pure but for the files that it names.

#include <memory>
#include <string>

#include "config/load.hpp"
#include "config/tree.hpp"
#include "rules/model/places.hpp"

namespace tocsin::config {

// Each of the files was read within the limit of one; the store has them in one text.
inline constexpr std::size_t stored_values_max = 64'000'000;

struct Tree {
  TreeMemory memory;  // of all of it
  Parsed main;
  std::string file;         // its name: its folder is where relative paths start
  bool stored = false;      // a text that the store kept: a secret's file may be gone
  bool may_import = false;  // it may have a section imported_cis
  Slice<Member> first{};    // sections that are read before those of the files
  std::shared_ptr<const Places> places{};  // null: those of the tree
};
Loaded load_tree(Tree tree, Report report);

}  // namespace tocsin::config
