#pragma once
// Feeds a record through a configuration, in virtual time and as fast as it can. Nobody acts on
// what happens, every page is accepted at once, and silences are made, changed and ended as they
// were.
//
// One thread per run; two runs of one record may be made at the same time.

#include <atomic>
#include <memory>

#include "daemon/replay/outcome.hpp"
#include "daemon/replay/record.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// `done` counts events, for whoever watches.
Outcome run_record(const Record& record, std::shared_ptr<const Settings> settings,
                   std::atomic<std::uint64_t>& done);

}  // namespace tocsin
