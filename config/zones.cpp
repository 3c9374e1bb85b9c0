// Names of time zones -> tables. The only reader of the machine's tz database.
#include <date/tz.h>

#include <chrono>
#include <stdexcept>

#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

// Nobody is paged about anything before; what is after the last year stays as it is then.
constexpr auto first_day = date::sys_days{date::year{2000} / 1 / 1};
constexpr auto last_day = date::sys_days{date::year{2100} / 1 / 1};

std::shared_ptr<const Zone> compile(const date::time_zone& from, const std::string& version) {
  auto out = std::make_shared<Zone>();
  out->name = from.name();
  out->version = version;
  for (date::sys_seconds at{first_day}; at < last_day;) {
    const date::sys_info info = from.get_info(at);
    const auto offset = static_cast<std::int32_t>(info.offset.count());
    const auto& before = out->periods;
    if (before.empty() || before.back().offset_s != offset ||
        before.back().abbreviation != info.abbrev)
      out->periods.push_back(
          {std::chrono::milliseconds(at.time_since_epoch()).count(), offset, info.abbrev});
    at = info.end;
  }
  return out;
}

}  // namespace

std::string Compiler::time_zone(Reader& item) {
  const auto word = item.word("time_zone");
  if (!word) return {};
  if (settings.zones.count(word->text) > 0) return word->text;
  try {
    const date::tzdb& database = date::get_tzdb();
    std::vector<std::string> names;
    for (const auto& zone : database.zones) {
      if (zone.name() == word->text) {
        settings.zones[word->text] = compile(zone, database.version);
        return word->text;
      }
      names.push_back(zone.name());
    }
    const std::string message =
        "unknown time zone '" + word->text + "'" + did_you_mean(word->text, names);
    // A stored configuration goes on without it, in UTC.
    lenient_ ? report_.warning(word->mark, message) : report_.error(word->mark, message);
  } catch (const std::runtime_error& e) {
    const std::string message =
        std::string("the time zones of this machine cannot be read (package tzdata): ") + e.what();
    lenient_ ? report_.warning(word->mark, message) : report_.error(word->mark, message);
  }
  return word->text;
}

}  // namespace tocsin::config
