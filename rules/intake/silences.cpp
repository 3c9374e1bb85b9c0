#include "rules/intake/silences.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <tuple>

namespace tocsin {
namespace {

using Code = Answer::Code;

Answer refused(Code code, std::string message, const char* field = nullptr) {
  Answer a;
  a.code = code, a.message = std::move(message);
  if (field) a.fields.emplace_back(field, a.message);
  return a;
}

bool may_silence(const Actor& by) {
  for (Role r : {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
                 Role::major_incident_manager})
    if (by.may(r)) return true;
  return false;
}
bool may_silence_long(const Actor& by) {
  for (Role r : {Role::group_lead, Role::incident_manager, Role::major_incident_manager})
    if (by.may(r)) return true;
  return false;
}

// What is wrong with it, whoever asks and whatever the time.
Answer malformed(const SetSilence& c) {
  using Limits = SilenceLimits;
  std::string why;
  const auto matchers = unpack_matchers(c.matchers, why);
  if (!matchers) return refused(Code::invalid, why, "matchers");
  if (matchers->empty())
    return refused(Code::invalid, "invalid silence: at least one matcher required", "matchers");
  if (matchers->size() > Limits::matchers || c.matchers.size() > Limits::packed_bytes)
    return refused(Code::invalid, "at most 32 matchers of 8192 bytes in all", "matchers");
  for (const Matcher& m : *matchers) {
    if (m.label.empty() || m.label.size() > Limits::name_bytes ||
        m.value.size() > Limits::value_bytes)
      return refused(Code::invalid, "a matcher has a name of 1 to 256 and a value of 1024 bytes",
                     "matchers");
  }
  if (SilenceIndex::fits_everything(*matchers))
    return refused(Code::invalid,
                   "invalid silence: at least one matcher must not match the empty string",
                   "matchers");
  if (c.comment.empty() || c.comment.size() > Limits::comment_bytes)
    return refused(Code::invalid, "a comment of 1 to 1024 bytes says why", "comment");
  if (c.created_by.size() > Limits::person_bytes)
    return refused(Code::invalid, "at most 128 bytes", "created_by");
  return {};
}

Answer wrong_time(const Deciding& d, const SetSilence& c, Wall starts_at) {
  if (c.ends_at <= c.starts_at)
    return refused(Code::invalid, "start time must be before end time", "ends_at");
  if (c.ends_at <= d.wall())
    return refused(Code::invalid, "end time can't be in the past", "ends_at");
  // The calendar of people and RFC 3339 end here; senders' numbers do not.
  if (c.ends_at > Wall{253'402'300'799'000})
    return refused(Code::invalid, "no end after the year 9999", "ends_at");
  if (c.ends_at - starts_at > silence_short && !may_silence_long(c.by))
    return refused(Code::forbidden, c.by.person +
                                        " may silence for 4 hours; longer needs a group lead or an "
                                        "incident manager");
  return {};
}

// Whether it stays the same silence (Alertmanager's rule): what it mutes, and when it began to, is
// not rewritten.
bool updates(const Deciding& d, const SilenceRow& row, const SetSilence& c) {
  if (row.words().matchers != c.matchers) return false;
  switch (row.state) {
    case SilenceState::active:
      return row.starts_at.ms / 1000 == c.starts_at.ms / 1000 && c.ends_at > d.wall();
    case SilenceState::pending:
      return c.starts_at >= d.wall();
    default:
      return false;
  }
}

// Slot of a silence, which no window is.
std::uint32_t silence_of(const Deciding& d, const Fingerprint& uuid) {
  const std::uint32_t slot = d.state.silence_slot(uuid);
  if (slot == no_slot) return no_slot;
  return d.state.silences().at(slot).kind == SuppressionKind::silence ? slot : no_slot;
}

Answer done(const Fingerprint& uuid) {
  Answer a;
  a.id = uuid_text(uuid);
  return a;
}

Answer update(const Deciding& d, const SilenceRow& row, const SetSilence& c) {
  const Globals& g = d.state.globals();
  const Wall starts_at = row.state == SilenceState::active ? row.starts_at : c.starts_at;
  const Instant starts = row.state == SilenceState::active ? row.starts_due : g.instant(starts_at);
  d.out.add(SilenceUpdated{row.id, starts_at, c.ends_at, starts, g.instant(c.ends_at), c.by.person,
                           c.created_by, c.comment});
  return done(row.uuid);
}

Answer create(const Deciding& d, const SetSilence& c, Wall starts_at, SilenceId replaces) {
  const Globals& g = d.state.globals();
  const SilenceId id = g.next_silence;
  const Fingerprint uuid = uuid_of(g, id);
  d.out.add(SilenceCreated{id, replaces, uuid, starts_at, c.ends_at, g.instant(starts_at),
                           g.instant(c.ends_at), c.by.person, c.created_by, c.comment, c.matchers});
  return done(uuid);
}

}  // namespace

// Version 4 in form: random to whoever does not know the secret of the store, and the same for
// whoever folds or repeats this decision.
Fingerprint uuid_of(const Globals& store, SilenceId id) {
  std::string bytes;
  ByteWriter w(bytes);
  w("what", std::string_view("silence"));
  w("secret", store.secret), w("history", store.history()), w("silence", id);
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return {(h.high64 & ~0xF000ull) | 0x4000, (h.low64 & ~(3ull << 62)) | 2ull << 62};
}

// The one that has been over for longest is forgotten early.
Answer make_room(const Deciding& d, const SilenceIndex& index, std::string_view matchers,
                 std::string_view cis) {
  if (index.size() >= SilenceLimits::live)
    return refused(Code::invalid, "there are 10000 of them already; end some", "silences");
  if (index.together(matchers, cis) >= SilenceLimits::together)
    return refused(Code::invalid,
                   "256 rest on the same exact label or CI, or on none; add a label that is "
                   "compared with =, or end some",
                   "matchers");
  if (d.state.silences().size() < SilenceLimits::rows) return {};
  SilenceId oldest;
  Instant due = never;
  d.state.silences().each([&](std::uint32_t, const SilenceRow& r) {
    if (r.state != SilenceState::expired || std::tie(r.forget_due, r.id) >= std::tie(due, oldest))
      return;
    due = r.forget_due, oldest = r.id;
  });
  if (oldest) d.out.add(SilenceForgotten{oldest});
  return {};
}

void expire(const Deciding& d, const SilenceRow& row, WhyExpired why, std::string_view by) {
  d.out.add(
      SilenceExpired{row.id, why, std::min(row.ends_at, d.wall()), d.now + silence_remembered, by});
}

Answer set_silence(const Deciding& d, const SetSilence& c) {
  if (!may_silence(c.by)) return refused(Code::forbidden, c.by.person + " may not silence alerts");
  if (Answer a = malformed(c); a.code != Code::done) return a;
  const std::uint32_t slot = c.uuid == Fingerprint{} ? no_slot : silence_of(d, c.uuid);
  if (c.uuid != Fingerprint{} && slot == no_slot)
    return refused(Code::not_found, "silence not found");
  const Wall starts_at = std::max(c.starts_at, d.wall());
  if (Answer a = wrong_time(d, c, starts_at); a.code != Code::done) return a;
  SilenceId replaces;
  if (slot != no_slot) {
    const SilenceRow row = d.state.silences().at(slot);
    if (updates(d, row, c)) return update(d, row, c);
    replaces = row.id;
    if (row.state != SilenceState::expired) {
      // One goes and one comes: there is room on its shelf, if not on another.
      if (row.words().matchers != c.matchers)
        if (Answer a = make_room(d, d.state.silence_index(), c.matchers); a.code != Code::done)
          return a;
      expire(d, row, WhyExpired::replaced, c.by.person);
      return create(d, c, starts_at, replaces);
    }
  }
  if (Answer a = make_room(d, d.state.silence_index(), c.matchers); a.code != Code::done) return a;
  return create(d, c, starts_at, replaces);
}

Answer expire_silence(const Deciding& d, const ExpireSilence& c) {
  if (!may_silence(c.by)) return refused(Code::forbidden, c.by.person + " may not silence alerts");
  const std::uint32_t slot = silence_of(d, c.uuid);
  if (slot == no_slot) return refused(Code::not_found, "silence not found");
  const SilenceRow row = d.state.silences().at(slot);
  Answer a = done(row.uuid);
  if (row.state == SilenceState::expired) {
    a.code = Code::already, a.message = "it is over already";
    return a;
  }
  expire(d, row, WhyExpired::by_person, c.by.person);
  return a;
}

bool silence_due(const Deciding& d, std::uint32_t slot) {
  const SilenceRow row = d.state.silences().at(slot);
  if (row.state == SilenceState::expired) return d.out.add(SilenceForgotten{row.id}), false;
  if (row.ends_due <= d.now) return expire(d, row, WhyExpired::its_end, ""), false;
  d.out.add(SilenceStarted{row.id, row.starts_due});
  return row.kind == SuppressionKind::silence;
}

}  // namespace tocsin
