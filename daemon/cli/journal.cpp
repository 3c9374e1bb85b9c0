// The store of a daemon that does not run: opening it takes the same lock, so a running one is
// never disturbed. Opening repairs a torn tail exactly as a start would; nothing else is written.

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_set>

#include "config/load.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/digest.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "rules/dump.hpp"
#include "rules/fold.hpp"
#include "rules/invariants.hpp"

namespace tocsin::cli {
namespace {

std::unique_ptr<Journal> make(const std::string& data) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(data + "/db", ignored)) {
    complain(data + " holds no store");
    return nullptr;
  }
  RocksOptions options;
  options.path = data;
  options.log = [](int level, std::string_view line) {
    if (level >= log_level::warning) complain(std::string(line));
  };
  return make_rocks_journal(std::move(options));
}

std::string to_json_line(const FrameRecord& frame) {
  std::string out;
  api::JsonWriter json(out);
  json.open_object().field("seq", frame.seq).field("epoch", frame.epoch);
  PayloadReader reader(frame.payload);
  json.field("at", reader.header().at.ms).field("offset", reader.header().offset_ms);
  json.key("facts").open_array();
  for (FactView fact; reader.next(fact);) {
    json.open_object().field("fact", fact_name(fact.tag)).key("fields").open_object();
    for (const auto& [name, value] : fields_of(fact)) json.field(name, value);
    json.close_object().close_object();
  }
  json.close_array().close_object();
  return out + "\n";
}

// Frames of the whole log, also those before the checkpoint: counted, and every fact read.
struct Census {
  std::uint64_t frames = 0, facts = 0, first = 0, last = 0;
  std::string wrong;
  bool recounted = false;  // the log reaches back to its first frame
};

Census take_census(Journal& journal, const Marker& marker) {
  Census census;
  const bool whole = read_log(journal, marker, 1, [&](const FrameRecord& frame) {
    if (census.frames++ == 0) census.first = frame.seq;
    census.last = frame.seq;
    PayloadReader reader(frame.payload);
    bool good = true;
    for (FactView fact; good && reader.next(fact); ++census.facts)
      good = with_fact(fact, [](const auto&) {});
    if (!good || reader.damaged())
      census.wrong = "frame " + std::to_string(frame.seq) + " cannot be read";
    return census.wrong.empty();
  });
  if (!whole && census.wrong.empty())
    census.wrong = "a frame is missing after " + std::to_string(census.last);
  return census;
}

// While nothing was trimmed, the whole log is folded once more: rows and totals are a recount of
// the facts, and every archived row is the one that the facts made.
std::string recount(Journal& journal, const State& state, const Marker& marker) {
  State again;
  std::string wrong;
  const bool whole = journal.read_frames(1, [&](const FrameRecord& frame) {
    if (!fold_frame(again, frame.seq, frame.payload))
      wrong = "frame " + std::to_string(frame.seq) + " cannot be folded";
    return wrong.empty();
  });
  if (!wrong.empty()) return wrong;
  if (!whole) return "the log cannot be read from its start";
  if (again.totals() != state.totals()) return "the totals are not a recount of the facts";
  if (again.canonical() != state.canonical()) return "the rows are not the fold of the log";
  MarkerBody body;
  if (marker.seq == 0 || !decode(marker.body, body)) return "";
  const auto folded = again.snapshot();
  std::unordered_set<std::string_view> forgotten;  // by the last word on each
  folded->archive.each([&](const ArchiveEntry& entry) {
    if (entry.gone)
      forgotten.insert(entry.key);
    else
      forgotten.erase(entry.key);
  });
  std::uint64_t archived = 0;
  folded->archive.each([&](const ArchiveEntry& entry) {
    if (archived++ >= body.archive_rows || !wrong.empty() || entry.gone) return;
    const auto row = journal.row(entry.key);
    // One that was forgotten later is there or is not.
    if (row ? *row != entry.value : !forgotten.contains(entry.key))
      wrong = "an archived row is not what its facts say";
  });
  return wrong;
}

// The same way as a start: the checkpoint against its marker, the tail folded onto it, every law.
std::string verify(Journal& journal, Census& census, Recovered& found) {
  State state;
  Checkpointer checkpointer;
  found = recover(journal, state, checkpointer);
  if (!found.ok) return found.message;
  if (found.opened.trouble == OpenTrouble::loss)
    return "acknowledged history is lost: frames " + std::to_string(found.opened.lost_from) +
           " to " + std::to_string(found.opened.lost_to);
  census = take_census(journal, found.opened.marker);
  if (!census.wrong.empty()) return census.wrong;
  if (census.first == 1) {
    if (auto wrong = recount(journal, state, found.opened.marker); !wrong.empty()) return wrong;
    census.recounted = true;
  }
  if (state.globals().config_hash.empty()) return "";
  const Loaded stored = load_stored(state.config_text());
  if (!stored.settings) return "the stored configuration cannot be read by this version";
  const auto broken = broken_law(state, *stored.settings);
  return broken ? "the state breaks a law: " + *broken : "";
}

}  // namespace

int verify_journal(const JournalOptions& options) {
  const auto journal = make(options.data);
  if (!journal) return exit_no;
  Census census;
  Recovered found;
  const std::string wrong = verify(*journal, census, found);
  if (found.ok) journal->close();
  if (options.json) {
    std::string out;
    api::JsonWriter json(out);
    json.open_object().field("ok", wrong.empty()).field("message", wrong);
    json.field("checkpoint", found.opened.marker.seq).field("head", found.opened.head);
    json.field("rows", found.rows).field("frames", census.frames).field("facts", census.facts);
    json.close_object();
    print(out + "\n");
  } else if (wrong.empty()) {
    print("good: checkpoint " + std::to_string(found.opened.marker.seq) + " with " +
          std::to_string(found.rows) + " rows equal to its marker; frames " +
          std::to_string(census.first) + " to " + std::to_string(census.last) + ", " +
          std::to_string(census.facts) + " facts, chain unbroken" +
          (census.recounted ? "; rows and totals equal a recount" : "") + "\n");
  } else {
    complain(wrong);
  }
  return wrong.empty() ? exit_done : exit_no;
}

namespace {

// From the checkpoint when it is not beyond that frame, else from the first frame of all.
std::string digest_at(Journal& journal, std::uint64_t at, StateDigest& digest, std::uint64_t& seq) {
  auto state = std::make_unique<State>();
  Checkpointer checkpointer;
  const Recovered found = recover(journal, *state, checkpointer, at ? at : UINT64_MAX);
  if (!found.ok) return found.message;
  const std::uint64_t head = found.opened.head;
  if (at > head) return "the log ends with frame " + std::to_string(head);
  seq = at ? at : head;
  if (seq >= found.opened.marker.seq) {
    digest = digest_of(*state->snapshot(), &journal);
    return "";
  }
  state = std::make_unique<State>();
  std::string wrong;
  journal.read_frames(1, [&](const FrameRecord& frame) {
    if (frame.seq > seq) return false;
    if (!fold_frame(*state, frame.seq, frame.payload))
      wrong = "frame " + std::to_string(frame.seq) + " cannot be folded";
    return wrong.empty();
  });
  if (wrong.empty() && state->globals().seq != seq)
    wrong = "the log does not go back to its first frame: the digest can be had from frame " +
            std::to_string(found.opened.marker.seq) + " on";
  if (wrong.empty()) digest = digest_of(*state->snapshot(), nullptr);
  return wrong;
}

}  // namespace

int digest_journal(const JournalOptions& options) {
  const auto journal = make(options.data);
  if (!journal) return exit_no;
  StateDigest digest;
  std::uint64_t seq = 0;
  const std::string wrong = digest_at(*journal, options.at, digest, seq);
  journal->close();
  if (!wrong.empty()) return complain(wrong), exit_no;
  std::string out = "frame " + std::to_string(seq) + " digest " + digest.hex() + "\n";
  if (options.json) {
    out.clear();
    api::JsonWriter json(out);
    json.open_object().field("frame", seq).field("digest", digest.hex()).key("tables");
    json.open_object();
    for (const auto& [table, d] : digest.tables()) json.field(std::string(1, table), d.rows);
    json.close_object().close_object();
    out += "\n";
  }
  print(out);
  return exit_done;
}

int dump_journal(const JournalOptions& options) {
  const auto journal = make(options.data);
  if (!journal) return exit_no;
  const OpenResult opened = journal->open();
  if (opened.trouble != OpenTrouble::none && opened.trouble != OpenTrouble::loss)
    return complain(opened.detail), exit_no;
  if (opened.trouble == OpenTrouble::loss) complain(opened.detail);
  std::uint64_t shown = 0;
  std::uint64_t last = 0;
  const std::uint64_t from = std::max<std::uint64_t>(options.from, 1);
  const bool whole = read_log(*journal, opened.marker, from, [&](const FrameRecord& frame) {
    last = frame.seq;
    print(options.json ? to_json_line(frame)
                       : "frame " + std::to_string(frame.seq) + " epoch " +
                             std::to_string(frame.epoch) + " " + to_text(frame.payload));
    return ++shown != options.limit;
  });
  journal->close();
  if (whole || shown == options.limit) return exit_done;
  return complain("a frame is missing after " + std::to_string(last)), exit_no;
}

}  // namespace tocsin::cli
