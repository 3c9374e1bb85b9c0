// Stores of versions before this one are opened; those of later ones are refused in clear words.
// tests/fixtures/store has one of each format, as a backup that its own version made.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "daemon/engine/backup.hpp"
#include "daemon/engine/checkpoint.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "rules/model/codec.hpp"
#include "rules/story.hpp"
#include "tests/unit/engine/folder.hpp"

using namespace tocsin;
namespace fs = std::filesystem;

namespace {

const std::string fixtures = std::string(TOCSIN_SOURCE_DIR) + "/tests/fixtures/store/";

// A frame of one fact, as bytes.
std::string frame_of(std::uint16_t tag, const std::string& fields) {
  std::string out(payload_header_bytes, '\0');
  write_payload_header(out, {1, 1, Instant{1000}, 0});
  ByteWriter w(out);
  w("tag", tag), w("zero", std::uint16_t{0});
  w("size", static_cast<std::uint32_t>(fields.size())), w("at", std::int64_t{1000});
  return out + fields;
}
std::string format_raised(std::uint16_t format) {
  std::string fields;
  ByteWriter w(fields);
  w("format", format);
  return frame_of(FactTag<FormatRaised>::value, fields);
}

std::string opened_with(const std::string& frame) {
  MemoryStore store;
  {
    MemoryJournal journal(store);
    REQUIRE(journal.open().trouble == OpenTrouble::none);
    REQUIRE(journal.append(1, 1, 7, frame) == Append::ok);
  }
  MemoryJournal journal(store);
  State state;
  Checkpointer checkpointer;
  const Recovered found = recover(journal, state, checkpointer);
  return found.ok ? "" : found.message;
}

}  // namespace

TEST_CASE("a store of format 1 is what its own version said it is") {
  const Folder folder;
  const Checked checked = verify_backup(fixtures + "format_1", {}, {});
  CHECK(checked.wrong == "");
  CHECK(checked.manifest.digest.hex() == "9563cd1aed177b90237ae2084272789f");
  CHECK(checked.head == 27);

  const Checked restored =
      restore_backup(fixtures + "format_1", folder.path + "/store", Wall{1}, 7, {}, {});
  REQUIRE(restored.wrong == "");
  RocksOptions options;
  options.path = folder.path + "/store";
  options.space.ballast_bytes = 1 << 20;
  const auto journal = make_rocks_journal(options);
  State state;
  Checkpointer checkpointer;
  const Recovered found = recover(*journal, state, checkpointer);
  INFO(found.message);
  REQUIRE(found.ok);
  CHECK(state.globals().format == 1);
  CHECK(state.incidents().size() >= 2);
  CHECK(state.silences().size() == 1);
  const auto closed = journal->row(incident_archive_key(IncidentNumber(1)));
  REQUIRE(closed);
  const auto incident = read_archived(*closed);
  REQUIRE(incident);
  CHECK(incident->row.words().owner == "bob");
  const auto first = journal->row(timeline_key(IncidentNumber(1), 1));
  REQUIRE(first);
  CHECK(read_entry(*first).has_value());
  journal->close();
}

TEST_CASE(
    "a store of format 4 is what its own version said it is, and stays so until it is raised") {
  const Folder folder;
  const Checked checked = verify_backup(fixtures + "format_4", {}, {});
  CHECK(checked.wrong == "");
  CHECK(checked.manifest.digest.hex() == "e95f4d08a1732a009633809cdcdf3620");
  CHECK(checked.head == 30);

  const Checked restored =
      restore_backup(fixtures + "format_4", folder.path + "/store", Wall{1}, 7, {}, {});
  REQUIRE(restored.wrong == "");
  RocksOptions options;
  options.path = folder.path + "/store";
  options.space.ballast_bytes = 1 << 20;
  const auto journal = make_rocks_journal(options);
  State state;
  Checkpointer checkpointer;
  const Recovered found = recover(*journal, state, checkpointer);
  INFO(found.message);
  REQUIRE(found.ok);
  CHECK(state.globals().format == 4);
  CHECK(state.globals().next_request == RequestNumber(1));
  CHECK(state.globals().reports.empty());
  CHECK(state.requests().size() == 0);
  CHECK(state.heartbeats().size() == 1);
  CHECK(state.silences().size() == 2);
  CHECK(state.counts().size() == 2);
  const IncidentRow child = state.incidents().at(state.incident_slot(IncidentNumber(3)));
  CHECK(child.parent == IncidentNumber(2));
  CHECK(child.urgency_by == 1);
  CHECK(child.reports == 0);
  CHECK(child.words().known_error == "KE1");
  CHECK(child.words().watchers.empty());
  journal->close();
}

TEST_CASE("a store of format 5 is what its own version said it is") {
  const Folder folder;
  const Checked checked = verify_backup(fixtures + "format_5", {}, {});
  CHECK(checked.wrong == "");
  CHECK(checked.manifest.digest.hex() == "eb5c74f0b8119394ef039e1ba9960b54");
  CHECK(checked.head == 19);

  const Checked restored =
      restore_backup(fixtures + "format_5", folder.path + "/store", Wall{1}, 7, {}, {});
  REQUIRE(restored.wrong == "");
  RocksOptions options;
  options.path = folder.path + "/store";
  options.space.ballast_bytes = 1 << 20;
  const auto journal = make_rocks_journal(options);
  State state;
  Checkpointer checkpointer;
  const Recovered found = recover(*journal, state, checkpointer);
  INFO(found.message);
  REQUIRE(found.ok);
  CHECK(state.globals().format == 5);
  CHECK(state.requests().size() == 3);
  CHECK(state.incidents().size() == 4);
  const IncidentRow first = state.incidents().at(state.incident_slot(IncidentNumber(1)));
  CHECK(first.parent == IncidentNumber(2));
  CHECK(first.locked);
  CHECK(first.words().pauses.empty());
  const IncidentRow reported = state.incidents().at(state.incident_slot(IncidentNumber(2)));
  CHECK(reported.reports == 1);
  CHECK(reported.words().watchers == "bob");
  journal->close();
}

TEST_CASE("facts of a later format are refused, with both numbers") {
  CHECK(opened_with(format_raised(fact_format)) == "");
  const std::string said = opened_with(format_raised(fact_format + 1));
  CHECK(said == "the store was written by a newer version: its facts are of format " +
                    std::to_string(fact_format + 1) + ", and this version reads up to format " +
                    std::to_string(fact_format));
}

TEST_CASE("a fact that nobody knows stops the opening at its frame") {
  CHECK(opened_with(frame_of(60'000, "what it says")) ==
        "frame 1 cannot be folded: it is of a newer version, or damaged");
}
