// What every journal owes its caller, run on every maker. A new maker adds its world to `every`
// below.
#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;

#define FOR_EVERY_JOURNAL(title)                                                                \
  TEMPLATE_TEST_CASE(title, "[contract]", MemoryWorld, RocksWorld, DecoratedWorld<MemoryWorld>, \
                     DecoratedWorld<RocksWorld>)

namespace {

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t n = from; n <= to; ++n) all.push_back(n);
  return all;
}

}  // namespace

FOR_EVERY_JOURNAL("a new store is empty") {
  TestType world;
  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::none);
  CHECK(opened.head == 0);
  CHECK(opened.next_seq == 1);
  CHECK(opened.marker.seq == 0);
  CHECK(frames(world.journal(), 1).empty());
  CHECK(frames(world.journal(), 0).empty());
  CHECK(rows(world.journal()).empty());
  CHECK(world.journal().row("a") == std::nullopt);
  CHECK(world.journal().room() != Room::none);
}

FOR_EVERY_JOURNAL("an acknowledged frame survives a crash and a stop") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5, 1);
  const auto chain = world.journal().chain_at(5);
  world.crash();

  OpenResult again = world.start();
  CHECK(again.trouble == OpenTrouble::none);
  CHECK(again.head == 5);
  CHECK(again.head_epoch == 1);
  CHECK(again.head_chain == chain);
  CHECK(again.next_seq == 6);
  append_range(world.journal(), 6, 8, 2);
  world.stop();

  again = world.start();
  CHECK(again.head == 8);
  CHECK(again.head_epoch == 2);
  CHECK(frames(world.journal(), 1) == numbers(1, 8));
  CHECK(frames(world.journal(), 6) == numbers(6, 8));
  CHECK(frames(world.journal(), 9).empty());
}

FOR_EVERY_JOURNAL("a frame of no bytes and one of 512 KiB come back") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  std::string big(512 << 10, '\0');
  for (std::size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * 2654435761u >> 13);
  REQUIRE(world.journal().append(1, 1, 7, "") == Append::ok);
  REQUIRE(world.journal().append(2, 1, 8, big) == Append::ok);
  world.crash();
  CHECK(world.start().head == 2);
  std::vector<std::string> payloads;
  CHECK(world.journal().read_frames(1, [&](const FrameRecord& frame) {
    payloads.emplace_back(frame.payload);
    return true;
  }));
  CHECK(payloads == std::vector<std::string>{"", big});
}

FOR_EVERY_JOURNAL("only the next number is taken") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(append(world.journal(), 2) == Append::conflict);
  CHECK(append(world.journal(), 0) == Append::conflict);
  append_range(world.journal(), 1, 3);
  CHECK(append(world.journal(), 5) == Append::conflict);
  CHECK(world.journal().append(3, 1, 99, "another writer's") == Append::conflict);
  CHECK(frames(world.journal(), 1) == numbers(1, 3));
  CHECK(append(world.journal(), 4) == Append::ok);
}

FOR_EVERY_JOURNAL("an older epoch is fenced, also after a restart") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 2, 5);
  CHECK(append(world.journal(), 3, 4) == Append::fenced);
  world.crash();
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK(append(world.journal(), 3, 4) == Append::fenced);
  CHECK(append(world.journal(), 3, 6) == Append::ok);
  CHECK(append(world.journal(), 4, 5) == Append::fenced);
}

FOR_EVERY_JOURNAL("a writer finds its own append by its uid") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  CHECK(append(world.journal(), 3) == Append::ok);
  CHECK(append(world.journal(), 2) == Append::ok);
  CHECK(world.journal().append(3, 1, uid_of(3, 1), "not what I wrote") == Append::diverged);
  world.crash();
  REQUIRE(world.start().head == 3);
  CHECK(append(world.journal(), 3) == Append::ok);
  REQUIRE(append(world.journal(), 4, 2) == Append::ok);
  CHECK(append(world.journal(), 3) == Append::ok);  // written before the fence: it is there
  CHECK(frames(world.journal(), 1) == numbers(1, 4));
}

FOR_EVERY_JOURNAL("each frame continues the chain") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 4, 3);
  world.crash();
  REQUIRE(world.start().head == 4);
  append_range(world.journal(), 5, 6, 4);
  std::uint32_t chain = 0;
  CHECK(world.journal().read_frames(1, [&](const FrameRecord& frame) {
    chain = chain_of(chain, frame.seq, frame.epoch, frame.uid, frame.payload);
    CHECK(frame.chain == chain);
    CHECK(world.journal().chain_at(frame.seq) == chain);
    return true;
  }));
  CHECK(world.journal().chain_at(7) == std::nullopt);
}

FOR_EVERY_JOURNAL("reading stops when the reader has enough") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 9);
  int seen = 0;
  CHECK(world.journal().read_frames(2, [&](const FrameRecord&) { return ++seen < 3; }));
  CHECK(seen == 3);
}

FOR_EVERY_JOURNAL("a checkpoint installs rows, deletes and its marker together") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 4);
  const Marker first = marker_at(world.journal(), 2);
  REQUIRE(install(world.journal(), {{"a/1", "x"}, {"a/2", "y"}, {"b/1", "z"}}, first) ==
          Install::installed);
  CHECK(rows(world.journal()) == Rows{{"a/1", "x"}, {"a/2", "y"}, {"b/1", "z"}});
  CHECK(rows(world.journal(), "a/") == Rows{{"a/1", "x"}, {"a/2", "y"}});
  CHECK(rows(world.journal(), "c").empty());
  CHECK(world.journal().row("a/2") == "y");
  CHECK(world.journal().row("a/3") == std::nullopt);
  world.crash();

  OpenResult again = world.start();
  CHECK(again.trouble == OpenTrouble::none);
  CHECK(again.marker.seq == 2);
  CHECK(again.marker.body == first.body);
  CHECK(again.head == 4);
  const Marker second = marker_at(world.journal(), 4, first);
  REQUIRE(install(world.journal(), {{"a/1", std::nullopt}, {"a/2", "new"}, {"gone", std::nullopt}},
                  second) == Install::installed);
  world.crash();

  again = world.start();
  CHECK(again.marker.seq == 4);
  CHECK(again.marker.chain == second.chain);
  CHECK(again.marker.previous == 2);
  CHECK(again.marker.trimmed_to == 2);
  CHECK(rows(world.journal()) == Rows{{"a/2", "new"}, {"b/1", "z"}});
  CHECK(world.journal().row("a/1") == std::nullopt);
}

FOR_EVERY_JOURNAL("a checkpoint without rows moves the marker") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 2);
  REQUIRE(install(world.journal(), {}, marker_at(world.journal(), 1)) == Install::installed);
  world.crash();
  CHECK(world.start().marker.seq == 1);
}

FOR_EVERY_JOURNAL("a checkpoint that does not belong to the log is refused") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5);
  REQUIRE(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 3)) ==
          Install::installed);
  Marker bad = marker_at(world.journal(), 4);
  bad.chain ^= 1;
  CHECK(install(world.journal(), {{"a", "2"}}, bad) == Install::failed);
  bad = marker_at(world.journal(), 5);
  bad.seq = 6;
  CHECK(install(world.journal(), {{"a", "2"}}, bad) == Install::failed);
  CHECK(install(world.journal(), {{"a", "2"}}, marker_at(world.journal(), 2)) == Install::failed);
  CHECK(rows(world.journal()) == Rows{{"a", "1"}});
  CHECK(install(world.journal(), {{"a", "2"}}, marker_at(world.journal(), 5)) ==
        Install::installed);
}

FOR_EVERY_JOURNAL("rows out of order or under a reserved key install nothing") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 1);
  const Marker marker = marker_at(world.journal(), 1);
  const auto try_rows = [&](std::vector<std::string> keys) {
    std::size_t next = 0;
    return world.journal().install(
        [&]() -> std::optional<RowChange> {
          if (next == keys.size()) return {};
          return RowChange{keys[next++], "v"};
        },
        marker);
  };
  CHECK(try_rows({"b", "a"}) == Install::failed);
  CHECK(try_rows({"a", "a"}) == Install::failed);
  CHECK(try_rows({""}) == Install::failed);
  CHECK(try_rows({std::string("\0z", 2)}) == Install::failed);
  CHECK(rows(world.journal()).empty());
  world.crash();
  CHECK(world.start().marker.seq == 0);
}

FOR_EVERY_JOURNAL("prefixes and scans end where they should") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 1);
  REQUIRE(install(world.journal(),
                  {{"\x01", "low"},
                   {"a", "1"},
                   {"a\xff", "2"},
                   {"a\xff\xff", "3"},
                   {"b", "4"},
                   {"\xff", "5"},
                   {"\xff\xff", "6"}},
                  marker_at(world.journal(), 1)) == Install::installed);
  CHECK(rows(world.journal()).size() == 7);
  CHECK(rows(world.journal(), "a") == Rows{{"a", "1"}, {"a\xff", "2"}, {"a\xff\xff", "3"}});
  CHECK(rows(world.journal(), "a\xff") == Rows{{"a\xff", "2"}, {"a\xff\xff", "3"}});
  CHECK(rows(world.journal(), "\xff") == Rows{{"\xff", "5"}, {"\xff\xff", "6"}});
  int seen = 0;
  world.journal().scan_rows("", [&](std::string_view, std::string_view) { return ++seen < 2; });
  CHECK(seen == 2);
}

FOR_EVERY_JOURNAL("trimming keeps what the second newest checkpoint needs") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  Marker last;
  for (std::uint64_t seq = 10; seq <= 60; seq += 10) {
    append_range(world.journal(), seq - 9, seq);
    Marker marker = marker_at(world.journal(), seq, last);
    marker.trimmed_to = seq;  // asks for too much
    REQUIRE(install(world.journal(), {{"n", std::to_string(seq)}}, marker) == Install::installed);
    CHECK(frames(world.journal(), last.seq + 1) == numbers(last.seq + 1, seq));
    last = marker;
  }
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 61, 61);
  const std::vector<std::uint64_t> left = frames(world.journal(), 0);  // 0: whatever is there
  REQUIRE(!left.empty());
  CHECK(left == numbers(left.front(), 61));
  bool complete = true;
  if (left.front() > 1) CHECK(frames(world.journal(), left.front() - 1, &complete).empty());
  CHECK(complete == (left.front() == 1));
}

FOR_EVERY_JOURNAL("a second opener is refused while the first lives") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  const OpenResult second = world.start_second();
  CHECK(second.trouble == OpenTrouble::locked);
  CHECK(second.detail.find("in use by") != std::string::npos);
  CHECK(append(world.journal(), 1) == Append::ok);
  world.crash();
  CHECK(world.start().head == 1);
}

FOR_EVERY_JOURNAL("frames that were acknowledged and are gone are a declared loss") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 10);
  const std::uint32_t chain = world.journal().chain_at(10).value();
  world.stop();
  world.remember();
  REQUIRE(world.start().head == 10);
  append_range(world.journal(), 11, 20);
  world.stop();
  world.forget();

  for (int attempt = 0; attempt < 2; ++attempt) {  // the second after a crash before it is declared
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::loss);
    CHECK(opened.head == 10);
    CHECK(opened.head_chain == chain);
    CHECK(opened.lost_from == 11);
    CHECK(opened.lost_to == 20);
    CHECK(opened.next_seq == 21);
    CHECK(append(world.journal(), 11, 2) == Append::conflict);
    CHECK(frames(world.journal(), 1) == numbers(1, 10));
    world.crash();
  }
  REQUIRE(world.start().trouble == OpenTrouble::loss);
  append_range(world.journal(), 21, 23, 2);
  std::vector<std::uint64_t> history = numbers(1, 10);
  for (std::uint64_t n = 21; n <= 23; ++n) history.push_back(n);
  CHECK(frames(world.journal(), 1) == history);
  world.crash();

  const OpenResult again = world.start();
  CHECK(again.trouble == OpenTrouble::none);
  CHECK(again.head == 23);
  CHECK(again.next_seq == 24);
  CHECK(frames(world.journal(), 1) == history);
  CHECK(frames(world.journal(), 11) == numbers(21, 23));
  CHECK(frames(world.journal(), 22) == numbers(22, 23));
  CHECK(world.journal().chain_at(15) == std::nullopt);
  std::uint32_t continued = chain;
  CHECK(world.journal().read_frames(11, [&](const FrameRecord& f) {
    continued = chain_of(continued, f.seq, f.epoch, f.uid, f.payload);
    CHECK(f.chain == continued);
    return true;
  }));
  CHECK(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 22)) ==
        Install::installed);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
}

FOR_EVERY_JOURNAL("a history lost twice is declared twice") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5);
  world.stop();
  world.remember();
  REQUIRE(world.start().head == 5);
  append_range(world.journal(), 6, 8);
  world.stop();
  world.forget();
  REQUIRE(world.start().next_seq == 9);
  append_range(world.journal(), 9, 12, 2);
  world.stop();
  world.forget();

  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::loss);
  CHECK(opened.head == 5);
  CHECK(opened.lost_from == 6);
  CHECK(opened.lost_to == 12);
  CHECK(opened.next_seq == 13);
  append_range(world.journal(), 13, 14, 3);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
  CHECK(frames(world.journal(), 1) == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 13, 14});
}

FOR_EVERY_JOURNAL("another history than the acknowledged one is a loss") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 3);
  REQUIRE(world.journal().append(4, 1, 1, "one history") == Append::ok);
  world.stop();

  TestType other;
  REQUIRE(other.start().trouble == OpenTrouble::none);
  append_range(other.journal(), 1, 3);
  REQUIRE(other.journal().append(4, 1, 2, "another one") == Append::ok);
  other.stop();
  other.remember();
  world.adopt(other);

  for (int attempt = 0; attempt < 2; ++attempt) {
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::loss);
    CHECK(opened.head == 4);
    CHECK(opened.lost_from == 1);  // since the checkpoint, and there is none
    CHECK(opened.lost_to == 4);
    CHECK(opened.next_seq == 5);
    world.crash();
  }
  REQUIRE(world.start().trouble == OpenTrouble::loss);
  append_range(world.journal(), 5, 6, 2);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
}

FOR_EVERY_JOURNAL("a checkpoint that outlives its log is a loss of the log") {
  TestType world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 10);
  world.crash();
  REQUIRE(world.start().head == 10);
  append_range(world.journal(), 11, 20);
  REQUIRE(install(world.journal(), {{"a", "20"}}, marker_at(world.journal(), 20)) ==
          Install::installed);
  const std::uint32_t chain = world.journal().chain_at(20).value();
  world.stop();
  world.lose_frames_after(10);

  for (int attempt = 0; attempt < 2; ++attempt) {
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::loss);
    CHECK(opened.marker.seq == 20);
    CHECK(opened.head == 20);  // the checkpoint vouches for it
    CHECK(opened.head_chain == chain);
    CHECK(opened.lost_from == 11);
    CHECK(opened.lost_to == 20);
    CHECK(opened.next_seq == 21);
    CHECK(rows(world.journal()) == Rows{{"a", "20"}});
    world.crash();
  }
  REQUIRE(world.start().trouble == OpenTrouble::loss);
  append_range(world.journal(), 21, 22, 2);
  world.crash();
  const OpenResult again = world.start();
  CHECK(again.trouble == OpenTrouble::none);
  CHECK(again.head == 22);
  CHECK(frames(world.journal(), 21) == numbers(21, 22));
  std::vector<std::uint64_t> history = numbers(1, 10);
  history.insert(history.end(), {21, 22});
  CHECK(frames(world.journal(), 1) == history);
}
