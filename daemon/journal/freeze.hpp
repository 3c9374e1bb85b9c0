#pragma once
// A second name for everything that the database consists of at this moment: links to the files
// that never change, a copy of the rest. Quick, and on the same disk only. Internal to
// daemon/journal; called between two appends.

#include <string>

#include "daemon/journal/rocks_store.hpp"

namespace tocsin::store {

// Makes FOLDER/db. What was in FOLDER goes first.
rocksdb::Status freeze(RocksStore& store, const std::string& folder);
// Removes FOLDER and what is in it; nothing happens when there is none.
void thaw(const std::string& folder);

}  // namespace tocsin::store
