#include "rules/flapping.hpp"

#include "rules/classify/classify.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

std::string name_of(const AlertRow& row) {
  auto name = row.text().label("alertname");
  if (name.empty()) name = row.text().label("key");
  return std::string(shorten(name, 128));
}

// When it began to fire the last time before: as it is remembered, else as its row says, which is
// at the latest when it ended.
Instant began_before(const Deciding& d, const AlertRow& before) {
  const Instant said = d.state.globals().instant(before.starts_at);
  return later(before.seen_at, earlier(said, before.changed_at));
}

}  // namespace

bool note_refired(const Deciding& d, std::uint32_t slot, const AlertRow& before) {
  const AlertRow row = d.state.alerts().at(slot);
  if (d.settings.flap_transitions == 0 || before.state != AlertState::resolved)
    return row.flags & AlertRow::flapping;
  const Fingerprint alert = row.fingerprint();
  if (row.flags & AlertRow::flapping) {
    d.out.add(AlertRefired{alert, never, d.now + d.settings.flap_quiet});
    return true;
  }
  const Instant from = d.now - d.settings.flap_within;
  const FlapTimes known = row.flaps();
  const bool remembered = known.since(from) > 0;
  const Instant last = remembered ? never : began_before(d, before);
  if (!remembered && last < from) return false;
  need_format(d, format_with_decisions);
  d.out.add(AlertRefired{alert, last, never});
  const AlertRow now = d.state.alerts().at(slot);
  const std::size_t transitions = now.flaps().since(from);
  if (transitions < d.settings.flap_transitions) return false;
  const std::string name = name_of(now);
  d.out.add(AlertFlapping{now.incident, alert, true, static_cast<std::uint16_t>(transitions),
                          d.now + d.settings.flap_quiet, name});
  return true;
}

void flapping_due(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  const std::string name = name_of(row);
  d.out.add(AlertFlapping{row.incident, row.fingerprint(), false, 0, never, name});
}

}  // namespace tocsin
