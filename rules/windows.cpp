#include "rules/windows.hpp"

#include <algorithm>

#include "rules/correlate/ci.hpp"
#include "rules/intake/silences.hpp"
#include "rules/model/planted.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

using Code = Answer::Code;

constexpr std::uint32_t alerts_per_slice = 2000;
constexpr std::size_t facts_per_slice = 150;
constexpr std::size_t cis_bytes_max = 32 * 1024;  // of one window, with what depends on them
constexpr std::size_t cis_named_max = 256;
constexpr std::size_t change_bytes_max = 64;
// Work that takes longer is no planned outage; what comes again belongs into the configuration.
constexpr Span window_longest = hours(24 * 31);

Answer refused(Code code, std::string message, const char* field = nullptr) {
  Answer a;
  a.code = code, a.message = std::move(message);
  if (field) a.fields.emplace_back(field, a.message);
  return a;
}

bool may_plan(const Actor& by) {
  for (Role r : {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager})
    if (by.may(r)) return true;
  return false;
}

void choose(std::optional<Covering>& best, Instant until, std::string_view window,
            std::string_view owner, std::string_view reason, std::string_view change) {
  if (best && (until < best->until || (until == best->until && best->window <= window))) return;
  best = Covering{until, std::string(window), std::string(owner), std::string(reason),
                  std::string(change)};
}

// The ids of the CIs that are meant, and of those that hard-depend on them.
std::string cis_of(const Settings& settings, const std::vector<std::string>& names,
                   bool dependents) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    const Ci* ci = ci_named(settings, name);
    out.push_back(ci ? ci->id : name);
    if (!ci || !dependents) continue;
    const auto place = static_cast<std::uint32_t>(ci - settings.cis.data());
    for (const Reached& one : settings.dependencies.dependents(place))
      if (one.hard) out.push_back(settings.cis[one.ci].id);
  }
  return pack_cis(std::move(out));
}

Answer malformed(const AddWindow& c) {
  using Limits = SilenceLimits;
  std::string why;
  const auto matchers = unpack_matchers(c.matchers, why);
  if (!matchers) return refused(Code::invalid, why, "matchers");
  if (matchers->size() > Limits::matchers || c.matchers.size() > Limits::packed_bytes)
    return refused(Code::invalid, "at most 32 matchers of 8192 bytes in all", "matchers");
  if (c.cis.empty() && SilenceIndex::fits_everything(*matchers))
    return refused(
        Code::invalid,
        "a window is of CIs, or of matchers of which one does not match the empty string", "cis");
  if (c.cis.size() > cis_named_max) return refused(Code::invalid, "at most 256 CIs", "cis");
  for (const std::string& ci : c.cis)
    if (ci.empty() || ci.size() > Limits::name_bytes || ci.find('\n') != std::string::npos)
      return refused(Code::invalid, "a CI has a name of 1 to 256 bytes in one line", "cis");
  if (c.owner.empty() || c.owner.size() > Limits::person_bytes)
    return refused(Code::invalid, "an owner of 1 to 128 bytes answers for it", "owner");
  if (c.reason.empty() || c.reason.size() > Limits::comment_bytes)
    return refused(Code::invalid, "a reason of 1 to 1024 bytes says why", "reason");
  if (c.change.size() > change_bytes_max)
    return refused(Code::invalid, "the number of a change has at most 64 bytes", "change");
  return {};
}

Answer wrong_time(const Deciding& d, const AddWindow& c, Wall starts_at) {
  if (c.ends_at <= c.starts_at) return refused(Code::invalid, "it ends after it starts", "ends_at");
  if (c.ends_at <= d.wall()) return refused(Code::invalid, "it would be over already", "ends_at");
  if (c.ends_at - starts_at > window_longest)
    return refused(Code::invalid, "a window lasts at most 31 days", "ends_at");
  return {};
}

}  // namespace

std::vector<std::pair<std::string, std::string>> index_windows(Settings& settings) {
  std::vector<std::pair<std::string, std::string>> wrong;
  settings.window_index = nullptr;
  if (settings.windows.empty()) return wrong;
  auto index = std::make_shared<SilenceIndex>();
  for (std::uint32_t place = 0; place < settings.windows.size(); ++place) {
    const MaintenanceWindow& w = settings.windows[place];
    const std::string packed = pack_matchers(w.match), cis = cis_of(settings, w.cis, w.dependents);
    std::string why;
    if (!unpack_matchers(packed, why)) wrong.emplace_back(w.id, why);
    if (index->together(packed, cis) >= SilenceLimits::together)
      wrong.emplace_back(w.id,
                         "256 windows are of one CI, or rest on the same exact label or on none: "
                         "an alert would have to ask them all");
    index->add(SilenceId(place + 1), place, packed, cis);
  }
  settings.window_index = std::move(index);
  return wrong;
}

std::optional<Covering> covering(const State& state, const Settings& settings, Instant now,
                                 std::string_view ci, AlertText text, Wall started) {
  std::optional<Covering> best;
  const Globals& g = state.globals();
  if (settings.window_index)
    settings.window_index->each_fit(ci, text, [&](std::uint32_t place) {
      const MaintenanceWindow& w = settings.windows[place];
      const auto open = w.schedule.at(g.wall(now));
      if (open && started >= open->starts)
        choose(best, g.instant(open->ends), w.id, w.owner, w.reason, w.change);
    });
  state.window_index().each_fit(ci, text, [&](std::uint32_t slot) {
    const SilenceRow& row = state.silences().at(slot);
    if (!row.covers(now) || started < row.starts_at) return;
    const SilenceWords w = row.words();
    choose(best, row.ends_due, uuid_text(row.uuid), w.created_by, w.comment, w.change);
  });
  return best;
}

void suppress(const Deciding& d, const Fingerprint& alert, const Covering& by) {
  need_format(d, format_with_decisions);
  d.out.add(AlertSuppressed{alert, by.until, by.window, by.owner, by.reason, by.change});
}

bool suppress_again(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  const auto by = covering(d.state, d.settings, d.now, row.ci(), row.text(), d.wall());
  if (!by) return false;
  if (row.due != by->until ||
      row.muted_bytes() != pack_muted({by->window, by->owner, by->reason, by->change}))
    suppress(d, row.fingerprint(), *by);
  return true;
}

Answer add_window(const Deciding& d, const AddWindow& c) {
  if (!may_plan(c.by)) return refused(Code::forbidden, c.by.person + " may not plan maintenance");
  if (Answer a = malformed(c); a.code != Code::done) return a;
  const Wall starts_at = std::max(c.starts_at, d.wall());
  if (Answer a = wrong_time(d, c, starts_at); a.code != Code::done) return a;
  const std::string cis = cis_of(d.settings, c.cis, c.dependents);
  if (cis.size() > cis_bytes_max)
    return refused(Code::invalid, "the CIs and what depends on them are too many for one window",
                   "cis");
  if (Answer a = make_room(d, d.state.window_index(), c.matchers, cis); a.code != Code::done)
    return a;
  need_format(d, format_with_decisions);
  const Globals& g = d.state.globals();
  const SilenceId id = g.next_silence;
  const Fingerprint uuid = uuid_of(g, id);
  d.out.add(WindowCreated{id, uuid, starts_at, c.ends_at, g.instant(starts_at),
                          g.instant(c.ends_at), c.by.person, c.owner, c.reason, c.change, cis,
                          c.matchers});
  Answer a;
  a.id = uuid_text(uuid);
  return a;
}

Answer end_window(const Deciding& d, const EndWindow& c) {
  if (!may_plan(c.by)) return refused(Code::forbidden, c.by.person + " may not plan maintenance");
  const std::uint32_t slot = d.state.silence_slot(c.uuid);
  if (slot == no_slot || d.state.silences().at(slot).kind != SuppressionKind::window)
    return refused(Code::not_found,
                   "there is no such window; those of the configuration end there");
  const SilenceRow row = d.state.silences().at(slot);
  Answer a;
  a.id = uuid_text(row.uuid);
  if (row.state == SilenceState::expired)
    a.code = Code::already, a.message = "it is over already";
  else
    expire(d, row, WhyExpired::by_person, c.by.person);
  return a;
}

void start_window_sweep(const Deciding& d) {
  const auto& muted = d.state.muted_alerts();
  if (muted.empty() || planted("window_removed_and_forgotten")) return;
  d.out.add(WindowsAdvanced{AlertSerial(muted.begin()->first), d.now});
}

void window_sweep_slice(const Deciding& d, const std::function<void(std::uint32_t)>& release) {
  std::uint64_t next = d.state.globals().window_next.value;
  const std::size_t facts_before = d.out.count();
  for (std::uint32_t n = 0; n < alerts_per_slice; ++n) {
    const auto it = d.state.muted_alerts().lower_bound(next);
    if (it == d.state.muted_alerts().end()) return d.out.add(WindowsAdvanced{AlertSerial{}, never});
    if (d.out.count() >= facts_before + facts_per_slice) break;
    const std::uint32_t slot = it->second;
    next = it->first + 1;
    if (!suppress_again(d, slot)) release(slot);
  }
  d.out.add(WindowsAdvanced{AlertSerial(next), d.now});
}

}  // namespace tocsin
