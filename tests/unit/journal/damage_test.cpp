// What happens to files happens here: flipped bits, torn tails, files that are gone or do not
// belong.
#include <rocksdb/db.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/unit/journal/worlds.hpp"

using namespace tocsin;
using namespace tocsin::testing;
namespace fs = std::filesystem;

namespace {

void flip_bit(const std::string& path, std::uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 4);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
  REQUIRE(file.good());
}

RocksOptions large_buffer() {  // everything stays in the write-ahead log
  RocksOptions options = RocksWorld::small();
  options.log_buffer_bytes = 4 << 20;
  return options;
}

std::string largest(const std::vector<std::string>& paths) {
  REQUIRE(!paths.empty());
  return *std::max_element(paths.begin(), paths.end(), [](const auto& a, const auto& b) {
    return fs::file_size(a) < fs::file_size(b);
  });
}

// Leaves a log file that one family still needs and another is ahead of: when it is damaged,
// RocksDB refuses to open at all.
void pin_a_write_ahead_log(const std::string& database) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  std::vector<rocksdb::ColumnFamilyDescriptor> wanted;
  for (const char* family : {"default", "log", "rows", "events"})
    wanted.emplace_back(family, rocksdb::ColumnFamilyOptions());
  REQUIRE(rocksdb::DB::Open({}, database, wanted, &families, &db).ok());
  REQUIRE(db->Put({}, families[3], "unflushed", std::string(1000, 'x')).ok());
  REQUIRE(db->Put({}, families[1], std::string(8, '\0'), "flushed").ok());
  REQUIRE(db->Flush({}, families[1]).ok());
  for (rocksdb::ColumnFamilyHandle* family : families)
    REQUIRE(db->DestroyColumnFamilyHandle(family).ok());
  REQUIRE(db->Close().ok());
  delete db;
}

}  // namespace

TEST_CASE("a bit that flips in the write-ahead log is a loss and the log is kept", "[damage]") {
  RocksWorld world(large_buffer());
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 100);
  world.stop();
  const std::string wal = largest(world.files("db", ".log"));
  flip_bit(wal, fs::file_size(wal) / 2);
  const auto size = fs::file_size(wal);

  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::loss);
  CHECK(opened.head > 20);
  CHECK(opened.head < 80);
  CHECK(opened.lost_from == opened.head + 1);
  CHECK(opened.lost_to == 100);
  CHECK(opened.next_seq == 101);
  CHECK(frames(world.journal(), 1).size() == opened.head);
  const auto kept = world.files("damaged/before-101", ".log");
  REQUIRE(!kept.empty());
  CHECK(fs::file_size(largest(kept)) == size);
  CHECK(opened.detail.find("damaged/before-101") != std::string::npos);
  CHECK_FALSE(fs::exists(world.path() + "/recovering"));

  append_range(world.journal(), 101, 103, 2);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
  CHECK(frames(world.journal(), 1).size() == opened.head + 3);
}

TEST_CASE("a write-ahead log that is gone is a loss", "[damage]") {
  RocksWorld world(large_buffer());
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 50);
  world.stop();
  for (const std::string& log : world.files("db", ".log")) fs::remove(log);
  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::loss);
  CHECK(opened.head == 0);
  CHECK(opened.lost_from == 1);
  CHECK(opened.next_seq == 51);
}

TEST_CASE("a store whose database is gone is a loss, not a new store", "[damage]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 5);
  world.stop();
  fs::remove_all(world.path() + "/db");
  CHECK(world.start().trouble == OpenTrouble::loss);
}

TEST_CASE("a torn tail is repaired in silence unless it was witnessed", "[damage]") {
  RocksOptions options = large_buffer();
  options.witness_every = std::chrono::hours(1);  // the first acknowledgement only
  RocksWorld world(options);
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 10);
  world.stop();
  REQUIRE(world.start().head == 10);
  append_range(world.journal(), 11, 11);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  append_range(world.journal(), 12, 12);

  const auto tear = [&] {
    const std::string wal = largest(world.files("db", ".log"));
    std::ifstream file(wal, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::size_t end = bytes.find_last_not_of('\0') + 1;
    fs::resize_file(wal, end - 3);
  };
  SECTION("not witnessed") {
    world.crash();
    tear();
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::none);
    CHECK(opened.head == 11);
    CHECK(append(world.journal(), 12, 2) == Append::ok);
  }
  SECTION("witnessed") {
    world.stop();
    tear();
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::loss);
    CHECK(opened.lost_from == 12);
    CHECK(opened.lost_to == 12);
    CHECK(opened.next_seq == 13);
  }
}

TEST_CASE("the witness follows the last acknowledgement of a burst", "[damage]") {
  RocksWorld world(large_buffer());
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 40);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  world.crash();  // no close: what the witness knows it knew before
  for (const std::string& log : world.files("db", ".log")) fs::remove(log);
  CHECK(world.start().next_seq == 41);
}

TEST_CASE("a witness with one torn slot still knows the slot before", "[damage]") {
  RocksWorld world(large_buffer());
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 1);
  world.stop();
  REQUIRE(world.start().head == 1);
  append_range(world.journal(), 2, 2);
  world.stop();
  for (const std::string& log : world.files("db", ".log")) fs::remove(log);
  const std::string witness = world.path() + "/witness";
  CHECK(fs::file_size(witness) == 8192);
  // Frame 1 went into a file at the second start, so only the witness knows of 2: in slot 0.
  SECTION("whole") {
    CHECK(world.start().next_seq == 3);
  }
  SECTION("the older one torn") {
    flip_bit(witness, 4096 + 16);
    CHECK(world.start().next_seq == 3);
  }
  SECTION("the newer one torn") {
    flip_bit(witness, 16);
    const OpenResult opened = world.start();
    CHECK(opened.trouble == OpenTrouble::none);
    CHECK(opened.head == 1);
  }
  SECTION("both torn") {
    flip_bit(witness, 16);
    flip_bit(witness, 4096 + 16);
    CHECK(world.start().trouble == OpenTrouble::none);
    CHECK(world.said().find("nothing readable") != std::string::npos);
    append_range(world.journal(), 2, 2);
    world.stop();
    CHECK(world.start().head == 2);
  }
}

TEST_CASE("a bit that flips in a file of the log is a loss and the file is kept", "[damage]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 2000);  // several files of 64 KiB
  world.stop();
  REQUIRE(world.start().head == 2000);  // the write-ahead log goes into a file as well
  world.stop();
  const auto tables = world.files("db", ".sst");
  REQUIRE(tables.size() > 3);
  flip_bit(tables[2], fs::file_size(tables[2]) / 2);

  const OpenResult opened = world.start();
  INFO(opened.detail);
  CHECK(opened.trouble == OpenTrouble::loss);
  CHECK(opened.head < 2000);
  CHECK(opened.lost_from == opened.head + 1);
  CHECK(opened.next_seq == 2001);
  CHECK(!world.files("damaged/before-2001", ".sst").empty());
  append_range(world.journal(), 2001, 3000, 2);
  CHECK(install(world.journal(), {{"a", "1"}}, marker_at(world.journal(), 2500)) ==
        Install::installed);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
  CHECK(frames(world.journal(), opened.head + 1).size() == 1000);
}

TEST_CASE("files of a checkpoint that was never installed are removed", "[damage]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  world.stop();
  const std::string stray = world.path() + "/checkpoint/7.sst";
  std::ofstream(stray) << "half a file";
  REQUIRE(world.start().trouble == OpenTrouble::none);
  CHECK_FALSE(fs::exists(stray));
}

TEST_CASE("a database that lost a file does not open and nothing is moved", "[damage]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 2000);
  world.stop();
  const auto logs = world.files("db", ".log");
  fs::remove(world.files("db", ".sst").front());
  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::unreadable);
  CHECK(opened.detail.find(world.path()) != std::string::npos);
  CHECK(world.files("db", ".log") == logs);
}

TEST_CASE("a database that opens only without its write-ahead logs is a loss", "[damage]") {
  RocksWorld world(large_buffer());
  REQUIRE(world.start().trouble == OpenTrouble::none);
  append_range(world.journal(), 1, 20);
  world.stop();
  pin_a_write_ahead_log(world.path() + "/db");
  const std::string wal = largest(world.files("db", ".log"));
  flip_bit(wal, 100);

  for (int attempt = 0; attempt < 2; ++attempt) {
    const OpenResult opened = world.start();
    INFO(opened.detail);
    CHECK(opened.trouble == OpenTrouble::loss);
    CHECK(opened.detail.find(attempt == 0 ? "were set aside" : "not declared yet") !=
          std::string::npos);
    CHECK(opened.head == 20);
    CHECK(opened.lost_from == 21);  // nobody knows how many, so one number is given up
    CHECK(opened.next_seq > opened.lost_to);
    CHECK(!world.files("damaged", fs::path(wal).filename()).empty());
    world.crash();
  }
  const std::uint64_t next = world.start().next_seq;
  append_range(world.journal(), next, next, 2);
  world.crash();
  CHECK(world.start().trouble == OpenTrouble::none);
}

TEST_CASE("the store is for its owner only", "[damage]") {
  RocksWorld world;
  REQUIRE(world.start().trouble == OpenTrouble::none);
  struct stat info {};
  REQUIRE(::stat(world.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("a place that cannot be a store is an io trouble with its path", "[damage]") {
  RocksWorld world;
  std::ofstream(world.path()) << "a file";
  const OpenResult opened = world.start();
  CHECK(opened.trouble == OpenTrouble::io);
  CHECK(opened.detail.find(world.path()) != std::string::npos);
}
