#include "daemon/journal/crashing_journal.hpp"

namespace tocsin {

void CrashingJournal::alive() const {
  if (dead_) throw Crashed{};
}

bool CrashingJournal::unknown_at(CrashStep step) {
  const CrashAt cue = next_(step);
  if (cue == CrashAt::here) {
    dead_ = true;
    throw Crashed{};
  }
  return cue == CrashAt::unknown;
}

void CrashingJournal::pass(CrashStep step) {
  (void)unknown_at(step);
}

OpenResult CrashingJournal::open() {
  alive();
  return inner_.open();
}

Append CrashingJournal::append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                               std::string_view payload) {
  alive();
  if (failed_) return Append::unknown;
  if (unknown_at(CrashStep::append_before)) {
    failed_ = true;
    return Append::unknown;
  }
  const Append outcome = inner_.append(seq, epoch, uid, payload);
  if (outcome == Append::ok && unknown_at(CrashStep::append_after)) {
    failed_ = true;
    return Append::unknown;
  }
  return outcome;
}

bool CrashingJournal::read_frames(std::uint64_t from,
                                  const std::function<bool(const FrameRecord&)>& each) {
  alive();
  return inner_.read_frames(from, each);
}

Install CrashingJournal::install(const RowSource& rows, const Marker& marker) {
  alive();
  if (failed_) return Install::failed;
  pass(CrashStep::install_before_files);
  // The wrapped journal pulls the rows, so the end of the rows is where its files are written.
  const Install outcome = inner_.install(
      [&]() -> std::optional<RowChange> {
        std::optional<RowChange> change = rows();
        if (!change) pass(CrashStep::install_after_files);
        return change;
      },
      marker);
  if (outcome == Install::installed) pass(CrashStep::install_after);
  return outcome;
}

std::optional<std::uint32_t> CrashingJournal::chain_at(std::uint64_t seq) {
  alive();
  return inner_.chain_at(seq);
}

void CrashingJournal::scan_rows(
    std::string_view prefix,
    const std::function<bool(std::string_view key, std::string_view value)>& each) {
  alive();
  inner_.scan_rows(prefix, each);
}

std::optional<std::string> CrashingJournal::row(std::string_view key) {
  alive();
  return inner_.row(key);
}

Room CrashingJournal::room() {
  alive();
  return inner_.room();
}

void CrashingJournal::close() {
  if (!dead_) inner_.close();
}

}  // namespace tocsin
