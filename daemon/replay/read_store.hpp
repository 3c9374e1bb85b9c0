#pragma once
// A store's log -> a record. The journal is opened here, and only read.

#include <string>

#include "daemon/journal/journal.hpp"
#include "daemon/replay/record.hpp"

namespace tocsin {

struct StoreRecord {
  std::string wrong;  // why there is none; else empty
  Record record;
  std::string config_text;  // in force at the end of the log
};

// The last `since` of the log, or as much of it as there is.
StoreRecord read_store(Journal& journal, Span since);

}  // namespace tocsin
