#pragma once
// Where this room writes lines for operators. Levels: 0 debug, 1 info, 2 warning, 3 error.
// Called from any thread, also from threads of RocksDB; must not throw and must not call the
// journal.

#include <functional>
#include <string_view>

namespace tocsin {

using JournalLog = std::function<void(int level, std::string_view line)>;

namespace log_level {
constexpr int debug = 0;
constexpr int info = 1;
constexpr int warning = 2;
constexpr int error = 3;
}  // namespace log_level

}  // namespace tocsin
