#pragma once
// RocksDB's own messages, to the operator's log. RocksDB must never write a log file of its own: on
// a full disk that write aborts the process. Owner: the database. Any thread.

#include <rocksdb/env.h>

#include <memory>

#include "daemon/journal/journal_log.hpp"

namespace tocsin::store {

std::shared_ptr<rocksdb::Logger> make_rocks_logger(JournalLog sink);

}  // namespace tocsin::store
