#pragma once
// What came in, read back from the facts of a log: every event that was news, the silences that
// people made, and what is known of the rest. Unchanged repeats are not in the log; that an alert
// was repeated, and until when, is: it fell silent where the log says so, and nowhere else.
//
// Pure. Owner: whoever replays; written by a RecordReader, then read by any number of threads.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/state.hpp"

namespace tocsin {

inline constexpr std::uint32_t no_event = UINT32_MAX;

// One event as its sender reported it, and what the log says became of it.
struct RecordedEvent {
  Instant at;             // on the time line of the log
  std::string_view text;  // packed; lives in the record
  Wall starts_at{};
  Wall ends_at{};  // firing: when it was over or fell silent; until_cleared: not in this record
  std::uint32_t before = no_event;  // the event before it of the same alert
  IncidentNumber incident;          // that it was part of in service; 0: none
  std::uint8_t source = 0;          // slot of the integration
  EventClass sent_as = EventClass::alert;
  bool resolved = false;
  bool known_before = false;  // it fired already when the record begins; its start is put there
};

// What somebody did with a silence, or with a maintenance window that was made by hand.
struct RecordedSilence {
  enum class What : std::uint8_t { made, changed, ended };
  Instant at;
  What what = What::made;
  SilenceId silence;
  bool window = false;
  Wall starts_at{}, ends_at{};
  std::string by, created_by, comment, matchers;  // a window: owner, reason
  std::string cis, change;                        // of a window: ids with '\n' between
};

// What people did that a replay leaves out: it cannot know what they would have done.
struct LeftOut {
  Instant at;
  std::string_view what;  // acknowledged, resolved, closed, noted, ...
  IncidentNumber incident;
  std::string by;
};

struct Record {
  static constexpr std::size_t left_out_max = 1000;            // listed; all are counted
  static constexpr std::size_t events_max = 20'000'000;        // and then it ends there
  static constexpr std::uint64_t text_bytes_max = 8ull << 30;  // of texts that differ

  Instant log_begin{}, begin{}, end{};  // of the log; of what is replayed of it
  std::int64_t offset_ms = 0;           // wall = instant + offset, as it is at the end
  Fingerprint secret;
  std::vector<std::string> sources;  // by slot
  std::vector<RecordedEvent> events;
  std::vector<RecordedSilence> silences;
  std::vector<LeftOut> left_out;
  std::map<std::string_view, std::uint64_t> left_out_by;  // how many of each
  std::uint64_t known_before = 0;  // alerts that fired already when the record begins
  std::uint64_t without_text = 0;  // events of alerts that began earlier, and whose words are gone
  std::uint64_t missed = 0;        // events that were set aside and had no room in the log
  std::uint64_t repeats = 0;       // unchanged; counted by the log and not kept
  std::uint64_t unmatched = 0;     // lines of syslog that no rule wanted; not kept
  std::uint64_t other = 0;         // out of order, refused, malformed: not kept
  std::uint64_t clock_steps = 0;
  bool cut_short = false;  // by the limits above

  Wall wall(Instant t) const { return Wall{t.ms} + Span{offset_ms}; }

 private:
  friend class RecordReader;
  std::deque<std::string> chunks_;  // of texts
};

}  // namespace tocsin
