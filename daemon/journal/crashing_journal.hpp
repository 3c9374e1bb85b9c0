#pragma once
// Wraps any journal and crashes on cue, so that every test of the engine can be a crash test.
//
// At each step the cue is asked. `here` throws Crashed, after which this object behaves like a dead
// process: every call throws, close() and the destructor do nothing. Destroy it and the wrapped
// journal (without closing that) and open a new one on the same store.
// Owner: tests and the simulator. Threads: as the wrapped journal; the cue is called by each of
// them.

#include <atomic>
#include <functional>

#include "daemon/journal/journal.hpp"

namespace tocsin {

// Not derived from std::exception, so that no handler for library errors takes it for one.
struct Crashed {};

enum class CrashStep {
  append_before,         // nothing is written
  append_after,          // the frame is durable, nobody was told
  install_before_files,  // nothing is written
  install_after_files,   // every row has been handed over, nothing is visible
  install_after,         // the checkpoint is installed, nobody was told
};

enum class CrashAt {
  no,
  here,
  unknown,  // only for the append steps: the outcome is unknown, the frame not there or there
};

class CrashingJournal final : public Journal {
 public:
  CrashingJournal(Journal& inner, std::function<CrashAt(CrashStep)> next)
      : inner_(inner), next_(std::move(next)) {}

  OpenResult open() override;
  Append append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                std::string_view payload) override;
  bool read_frames(std::uint64_t from,
                   const std::function<bool(const FrameRecord&)>& each) override;
  Install install(const RowSource& rows, const Marker& marker) override;
  std::optional<std::uint32_t> chain_at(std::uint64_t seq) override;
  void scan_rows(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& each) override;
  std::optional<std::string> row(std::string_view key) override;
  Room room() override;
  void close() override;

 private:
  void alive() const;
  bool unknown_at(CrashStep step);  // throws Crashed when the cue says so
  void pass(CrashStep step);

  Journal& inner_;
  const std::function<CrashAt(CrashStep)> next_;
  std::atomic<bool> dead_ = false;
  std::atomic<bool> failed_ =
      false;  // an append was unknown: as after a failed write, none follows
};

}  // namespace tocsin
