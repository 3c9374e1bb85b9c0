// Backups: the manifest notices everything, the digest is that of the state whatever it is read
// from, a restored store is paused, and one that is not whole is not there.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "daemon/engine/backup.hpp"
#include "daemon/engine/engine.hpp"
#include "daemon/engine/recover.hpp"
#include "daemon/journal/memory_journal.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "rules/fold.hpp"
#include "tests/unit/engine/folder.hpp"

using namespace tocsin;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Journal> rocks(const std::string& path) {
  RocksOptions options;
  options.path = path;
  options.space.ballast_bytes = 1 << 20;
  return make_rocks_journal(std::move(options));
}

std::shared_ptr<Settings> settings() {
  auto s = std::make_shared<Settings>();
  s->hash = s->text = "small";
  s->people = {{"ada", "", {"pager"}, {}, ""}};
  s->channels = {{"pager", "webhook", {}, 4}};
  s->catch_all_people = {"ada"};
  return s;
}

struct Running {
  std::unique_ptr<Journal> journal;
  Engine engine;
  explicit Running(std::unique_ptr<Journal> on)
      : journal(std::move(on)),
        engine({},
               {journal.get(),
                [](const std::string&) { return settings(); },
                [this](std::vector<SendOrder> orders) {
                  for (const SendOrder& o : orders)
                    engine.settle({o.page, o.attempt, o.epoch, AttemptOutcome::accepted, "", {}});
                },
                {},
                {}}) {
    const StartResult started = engine.start(settings());
    INFO(started.message);
    REQUIRE(started.ok);
  }
  void drills(int n) {
    for (int i = 0; i < n; ++i) {
      std::promise<void> done;
      const Actor by{"ada", 1u << index(Role::engineer)};
      REQUIRE(engine.offer(StartDrill{by, "ada"}, [&](const Answer&, std::uint64_t) {
        done.set_value();
      }) == Offer::taken);
      done.get_future().wait();
    }
  }
  Engine::Backup back_up(const std::string& folder) {
    REQUIRE(engine.back_up(folder) == Offer::taken);
    for (int i = 0; i < 3000 && engine.backup().state == BackupState::running; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return engine.backup();
  }
};

}  // namespace

TEST_CASE("a manifest is read as it was written, and no byte of it may differ") {
  Manifest made;
  made.version = "1.2.3", made.taken_at = {1700}, made.frame = 12, made.epoch = 3,
  made.chain = 0xab;
  made.digest.add("a1", "one"), made.digest.add("g", "two");
  made.files = {{"db/1.sst", 3, {7}}, {"db/CURRENT", 0, {}}, {"db/9.log", (1u << 20) + 1, {8, 9}}};
  const std::string text = encode(made);
  Manifest back;
  std::string why;
  REQUIRE(decode(text, back, why));
  CHECK(back.frame == 12);
  CHECK(back.digest == made.digest);
  CHECK(back.files.size() == 3);
  CHECK(encode(back) == text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    Manifest read;
    CHECK_FALSE(decode(damaged, read, why));
  }
  Manifest escaping = made;
  escaping.files[0].name = "db/../../etc";
  CHECK_FALSE(decode(encode(escaping), back, why));
  CHECK_FALSE(decode("tocsin backup 2\n", back, why));
  CHECK(why == "the backup is of a version that is not known");
}

TEST_CASE("blocks that changed places, a longer and a shorter file are noticed") {
  Folder folder;
  const std::string path = folder.path + "/file";
  const std::string a(store::copy_block_bytes, 'a'), b(store::copy_block_bytes, 'b');
  const auto write = [&](const std::string& bytes) { std::ofstream(path) << bytes; };
  const std::atomic<bool> go_on = false;
  const auto check = [&](const store::ListedFile& known) {
    std::uint32_t chain = 0;
    return store::check_file(path, "", known, chain, go_on);
  };
  write(a + b + "c");
  store::ListedFile known{"file", 0, {}};
  std::uint32_t chain = 0;
  REQUIRE(store::copy_file(path, folder.path + "/copy", known, chain, go_on).empty());
  CHECK(fs::file_size(folder.path + "/copy") == known.bytes);
  CHECK(check(known).empty());
  write(b + a + "c");
  CHECK(check(known).find("is damaged between byte 0 and 1048576") != std::string::npos);
  write(a + b + "cd");
  CHECK_FALSE(check(known).empty());
  write(a + b);
  CHECK(check(known).find("is shorter") != std::string::npos);
  write(a + b + "c" + a);
  CHECK_FALSE(check(known).empty());
}

TEST_CASE("a backup of a running store, checked and restored") {
  Folder folder;
  const std::string store = folder.path + "/store", backup = folder.path + "/backup";
  Engine::Backup made;
  {
    Running running(rocks(store));
    running.drills(20);
    made = running.back_up(backup);
    INFO(made.message);
    REQUIRE(made.state == BackupState::done);
    running.drills(5);
    CHECK(running.back_up(backup).message.find("exists already") != std::string::npos);
    CHECK(running.back_up("/nowhere/at/all").state == BackupState::failed);
    running.engine.stop();
  }
  const Checked good = verify_backup(backup, {}, {});
  INFO(good.wrong);
  REQUIRE(good.wrong.empty());
  CHECK(good.head == made.frame);
  CHECK(good.manifest.digest.hex() == made.digest);

  // The log of the store it was taken of says the same of that frame.
  {
    const auto journal = rocks(store);
    State state;
    Checkpointer checkpointer;
    REQUIRE(recover(*journal, state, checkpointer).ok);
    CHECK(state.globals().seq > made.frame);
    State folded;
    REQUIRE(journal->read_frames(1, [&](const FrameRecord& f) {
      return f.seq <= made.frame && fold_frame(folded, f.seq, f.payload);
    }));
    CHECK(digest_of(*folded.snapshot(), nullptr).hex() == made.digest);
    journal->close();
  }

  const std::string to = folder.path + "/new";
  struct Stopped {};
  for (const std::string_view where : {"begun", "copied", "checked", "paused", "closed"}) {
    CAPTURE(where);
    const auto stop = [&](std::string_view step) {
      if (step == where) throw Stopped{};
    };
    CHECK_THROWS_AS(restore_backup(backup, to, {99}, 5, {}, {}, stop), Stopped);
    CHECK_FALSE(fs::exists(to));
    CHECK_FALSE(fs::exists(to + ".restoring"));
  }
  CHECK(restore_backup(backup, to, {99}, 5, {}, {}).wrong.empty());
  CHECK(restore_backup(backup, to, {99}, 5, {}, {}).wrong == to + " exists already");
  Running restored(rocks(to));
  CHECK(restored.engine.health().paused);
  CHECK(restored.engine.health().backup_seq == made.frame);
  restored.engine.stop();
}

TEST_CASE("what a killed restore has left is cleared away, and nothing else is") {
  Folder folder;
  const std::string name = folder.path + "/new";
  fs::create_directories(name + ".restoring/db");
  std::ofstream(name + ".restoring.lock").put('x');
  {
    store::UnfinishedFolder next(name, ".restoring");
    CHECK(next.begin().empty());
    CHECK_FALSE(fs::exists(name + ".restoring/db"));
    store::UnfinishedFolder other(name, ".restoring");
    CHECK(other.begin().find("another process") != std::string::npos);
    CHECK(fs::exists(name + ".restoring"));
    CHECK(next.finish().empty());
  }
  CHECK(fs::exists(name));
  fs::rename(name, name + ".restoring");
  std::ofstream(name + ".restoring/precious").put('x');
  store::UnfinishedFolder next(name, ".restoring");
  CHECK(next.begin().find("nothing that was left unfinished") != std::string::npos);
  CHECK(fs::exists(name + ".restoring/precious"));
}

TEST_CASE("a journal in memory has no backup") {
  MemoryStore store;
  Running running(std::make_unique<MemoryJournal>(store));
  CHECK(running.back_up("/tmp/never").message == "this journal keeps nothing on disk");
  running.engine.stop();
}
