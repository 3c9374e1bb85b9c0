// Hostile programs in real helper processes: each costs its own answer and nothing else.

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "daemon/helper/shut_in.hpp"
#include "daemon/net/mapper.hpp"

using namespace tocsin;
using Outcome = MapResult::Outcome;
namespace fs = std::filesystem;

namespace {

// Answers, in the order in which they came.
class Answers {
 public:
  std::function<void(MapResult)> next() {
    return [this](MapResult result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<MapResult> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return results_.size() >= count; });
    REQUIRE(results_.size() == count);
    return results_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<MapResult> results_;
};

std::shared_ptr<const std::string> shared(const std::string& text) {
  return std::make_shared<const std::string>(text);
}

MapResult map(Mapper& mapper, const std::string& program, const std::string& document) {
  Answers answers;
  REQUIRE(mapper.offer("test", shared(program), document, answers.next()) == Mapper::Offer::taken);
  return answers.wait(1).at(0);
}

MapperOptions options() {
  MapperOptions out;
  out.program = TOCSIN_BINARY;
  return out;
}

std::vector<int> helpers_of_this_process() {
  std::vector<int> out;
  for (const auto& entry : fs::directory_iterator("/proc/self/task")) {
    std::ifstream children(entry.path() / "children");
    for (int pid; children >> pid;) out.push_back(pid);
  }
  return out;
}

}  // namespace

TEST_CASE("hostile programs cost one answer each") {
  setenv("TOCSIN_TEST_SECRET", "not for programs", 1);
  Mapper mapper(options());
  const auto good = [&] {
    const MapResult result = map(mapper, "{key: .k}", R"({"k":"x"})");
    CHECK(result.outcome == Outcome::mapped);
    CHECK(result.text == R"([{"key":"x"}])");
  };
  good();
  const MapResult endless = map(mapper, "def f: f; f", "{}");
  CHECK(endless.outcome == Outcome::timeout);
  good();
  const MapResult hog = map(mapper, "[range(100000000)] | length", "{}");
  CHECK((hog.outcome == Outcome::failed || hog.outcome == Outcome::timeout));
  good();
  const MapResult memory = map(mapper, "[] | .[500000000] = 1", "{}");
  CHECK((memory.outcome == Outcome::failed || !helper::memory_has_walls));
  good();
  CHECK(map(mapper, "env, $ENV", "{}").text == "[{},{}]");
  good();
  CHECK(mapper.stats().restarts >= 3);
  CHECK(mapper.trouble().empty());
}

TEST_CASE("files are beyond reach") {
  const std::string folder = fs::temp_directory_path() / ("tocsin-map-" + std::to_string(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder + "/secret.jq") << "def secret: 1;";
  std::ofstream(folder + "/secret.json") << "1";
  Mapper mapper(options());
  const std::string search = " {search:\"" + folder + "\"}; ";
  for (const std::string& program :
       {"import \"secret\" as s" + search + "s::secret", "include \"secret\"" + search + "secret",
        "import \"secret\" as $s" + search + "$s"}) {
    CHECK(map(mapper, program, "{}").outcome == Outcome::failed);
    std::string unavailable;
    CHECK(mapper.compile(program, unavailable).size() == 1);
    CHECK(unavailable.empty());
  }
  CHECK(map(mapper, "input", "{}").outcome == Outcome::failed);
  fs::remove_all(folder);
}

TEST_CASE("compiling says where, and a document for what does not compile fails") {
  Mapper mapper(options());
  std::string unavailable;
  CHECK(mapper.compile(".", unavailable).empty());
  const auto faults = mapper.compile(".a\n| foo", unavailable);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].line == 2);
  CHECK(faults[0].column == 3);
  CHECK(map(mapper, "foo", "{}").text == "it does not compile: foo/0 is not defined");
}

TEST_CASE("a helper that was killed comes back") {
  Mapper mapper(options());
  mapper.warm();
  CHECK(map(mapper, ".", "1").outcome == Outcome::mapped);
  const auto before = helpers_of_this_process();
  REQUIRE_FALSE(before.empty());
  for (const int pid : before) kill(pid, SIGKILL);
  CHECK(map(mapper, ".", "1").outcome == Outcome::mapped);
  // Nobody sends anything more: it is noticed all the same.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (mapper.stats().restarts == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(mapper.stats().restarts >= 1);
}

TEST_CASE("without a helper documents are answered, and nobody waits") {
  MapperOptions wrong;
  wrong.program = "/nonexistent/tocsin";
  Mapper mapper(wrong);
  const MapResult result = map(mapper, ".", "1");
  CHECK(result.outcome == Outcome::unavailable);
  CHECK(result.text.find("/nonexistent/tocsin") != std::string::npos);
  std::string unavailable;
  CHECK(mapper.compile(".", unavailable).empty());
  CHECK_FALSE(unavailable.empty());
  CHECK_FALSE(mapper.trouble().empty());

  wrong.program = "/bin/false";  // starts, and says nothing
  Mapper silent(wrong);
  CHECK(map(silent, ".", "1").outcome == Outcome::unavailable);
  CHECK(silent.trouble() == "it ended with 1");
}

TEST_CASE("sources take turns, and what is too much is refused") {
  MapperOptions small = options();
  small.documents_max = 8;
  Mapper mapper(small);
  Answers hostile, good;
  const auto endless = shared("def f: f; f"), fine = shared(".");
  int taken = 0;
  for (int i = 0; i < 20; ++i)
    taken += mapper.offer("hostile", endless, "1", hostile.next()) == Mapper::Offer::taken;
  CHECK(taken >= 8);
  CHECK(taken <= 10);
  CHECK(mapper.stats().full == static_cast<std::uint64_t>(20 - taken));
  hostile.wait(static_cast<std::size_t>(taken));

  small.waiting_bytes_max = 100;
  Mapper tight(small);
  CHECK(tight.offer("x", fine, std::string(101, ' '), good.next()) == Mapper::Offer::full);
}

TEST_CASE("at the end everything is answered") {
  Answers answers;
  {
    Mapper mapper(options());
    const auto fine = shared(".");
    for (int i = 0; i < 20; ++i)
      CHECK(mapper.offer("x", fine, "1", answers.next()) == Mapper::Offer::taken);
  }
  answers.wait(20);
}
