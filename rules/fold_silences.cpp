#include "rules/folding.hpp"

#include <algorithm>

namespace tocsin {

// A start is what the wall says; an end is over at the earlier of wall and elapsed time: a clock
// that is set may shorten a silence, never draw it out.
void Fold::silences_follow_the_clock() {
  std::vector<std::uint32_t> live;
  s.silences_.each([&](std::uint32_t slot, const SilenceRow& r) {
    if (r.state != SilenceState::expired) live.push_back(slot);
  });
  for (const std::uint32_t slot : live) {
    SilenceRow& r = s.silences_.change(slot);
    if (r.state == SilenceState::pending) r.starts_due = g().instant(r.starts_at);
    r.ends_due = earlier(r.ends_due, g().instant(r.ends_at));
    s.arm_silence(slot);
  }
}

void Fold::reword(SilenceRow& row, const SilenceWords& words) {
  const Blob* old = row.blob;
  row.blob = make_silence_blob(words);
  s.release(old);
}

void Fold::on(const SilenceCreated& f) {
  if (s.silence_slot(f.silence) != no_slot) return void(ok = false);
  SilenceRow row;
  row.blob = make_silence_blob({f.by, f.created_by, f.comment, {}, f.matchers});
  row.id = f.silence, row.replaces = f.replaces, row.uuid = f.uuid;
  row.starts_at = f.starts_at, row.ends_at = f.ends_at;
  row.starts_due = f.starts_due, row.ends_due = f.ends_due;
  row.created_at = row.changed_at = at;
  row.state = f.starts_due <= at ? SilenceState::active : SilenceState::pending;
  s.insert_silence(row);
  g().next_silence = SilenceId(f.silence.value + 1);
}

void Fold::on(const WindowCreated& f) {
  if (s.silence_slot(f.window) != no_slot) return void(ok = false);
  SilenceRow row;
  row.kind = SuppressionKind::window;
  row.blob = make_silence_blob({f.by, f.owner, f.reason, {}, f.matchers, f.cis, f.change});
  row.id = f.window, row.uuid = f.uuid;
  row.starts_at = f.starts_at, row.ends_at = f.ends_at;
  row.starts_due = f.starts_due, row.ends_due = f.ends_due;
  row.created_at = row.changed_at = at;
  row.state = f.starts_due <= at ? SilenceState::active : SilenceState::pending;
  s.insert_silence(row);
  g().next_silence = SilenceId(f.window.value + 1);
}

void Fold::on(const SilenceUpdated& f) {
  silence(f.silence, [&](SilenceRow& row) {
    SilenceWords w = row.words();
    w.by = f.by, w.created_by = f.created_by, w.comment = f.comment;
    reword(row, w);
    row.starts_at = f.starts_at, row.ends_at = f.ends_at;
    row.starts_due = f.starts_due, row.ends_due = f.ends_due;
  });
}

void Fold::on(const SilenceStarted& f) {
  silence(f.silence, [](SilenceRow& row) { row.state = SilenceState::active; });
}

void Fold::on(const SilenceExpired& f) {
  silence(f.silence, [&](SilenceRow& row) {
    if (row.state != SilenceState::expired) s.index_silence(row, s.silence_slot(row.id), false);
    SilenceWords w = row.words();
    w.ended_by = f.by;
    reword(row, w);
    row.state = SilenceState::expired, row.why_expired = f.why;
    row.starts_at = std::min(row.starts_at, f.ended_at);
    row.ends_at = f.ended_at, row.ends_due = at, row.forget_due = f.forget_due;
  });
}

void Fold::on(const SilenceForgotten& f) {
  const std::uint32_t slot = s.silence_slot(f.silence);
  if (slot == no_slot) return void(ok = false);
  s.erase_silence(slot);
}

}  // namespace tocsin
