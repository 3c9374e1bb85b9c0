// How long a page takes: an alert a time, each about a CI of its own, and the receiver of its page
// in the same process, so that one clock sees both ends.
//
//   tocsin_page_load --port P --sink-port S --pages N [--rate R] [--warm N]
//                    [--beside FILE [--every MS]]
//
// Alert i is about the CI "w-i" and due i/R seconds after the start, or without --rate when the
// page before it has come: then there is one on its way at any time. Its time runs from when it was
// due to when its page had been read. The first --warm of them are not counted. When those are
// over, line n of the file, a JSON array of alerts, is posted n times --every milliseconds later:
// what else happens while the pages are timed. Prints one JSON array of [due, taken] in
// milliseconds; a page that never came, or an answer that was not 200, is exit 1.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/http_client.hpp"
#include "tests/bench/sink.hpp"

namespace tocsin::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr auto last_page_within = std::chrono::seconds(10);

struct Options {
  std::uint16_t port = 0, sink_port = 0;
  std::size_t pages = 0, warm = 0;
  double rate = 0;  // a second; 0: closed loop
  std::vector<std::string> beside;
  Clock::duration every{};
};

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: see the head of tests/bench/page_load.cpp\n");
  std::exit(2);
}

std::vector<std::string> lines_of(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(file, line);) out.push_back(line);
  if (out.empty()) usage();
  return out;
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    const char* value = argv[i + 1];
    const auto number = std::strtoull(value, nullptr, 10);
    if (key == "--port")
      o.port = static_cast<std::uint16_t>(number);
    else if (key == "--sink-port")
      o.sink_port = static_cast<std::uint16_t>(number);
    else if (key == "--pages")
      o.pages = number;
    else if (key == "--warm")
      o.warm = number;
    else if (key == "--rate")
      o.rate = std::strtod(value, nullptr);
    else if (key == "--beside")
      o.beside = lines_of(value);
    else if (key == "--every")
      o.every = std::chrono::milliseconds(number);
    else
      usage();
  }
  const bool whole = argc % 2 == 1 && o.port && o.sink_port && o.warm < o.pages;
  if (!whole) usage();
  return o;
}

// When the page about each CI had been read.
class Pages {
 public:
  explicit Pages(std::size_t count) : read_(count), missing_(count) {}

  void hear(std::string_view body) {
    const Clock::time_point now = Clock::now();
    constexpr std::string_view before = "\"ci\":\"w-";
    const std::size_t at = body.find(before);
    if (at == body.npos) return;  // of what happens beside
    const std::size_t i = std::strtoull(body.data() + at + before.size(), nullptr, 10);
    const std::lock_guard lock(mutex_);
    if (i >= read_.size() || read_[i]) return;
    read_[i] = now;
    --missing_;
    changed_.notify_one();
  }

  bool within(std::size_t i, Clock::duration time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return read_[i].has_value(); });
  }
  bool all_within(Clock::duration time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return missing_ == 0; });
  }

  Clock::time_point read(std::size_t i) const { return *read_[i]; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Clock::time_point>> read_;
  std::size_t missing_;
};

std::string alert(std::size_t i) {
  const std::string ci = "w-" + std::to_string(i);
  return R"([{"labels":{"alertname":"Down","ci":")" + ci +
         R"(","severity":"critical"},"annotations":{"summary":")" + ci + R"( is down"}}])";
}

bool post_at(HttpClient& client, Clock::time_point due, const std::string& body) {
  std::this_thread::sleep_until(due);
  return client.post("/api/v2/alerts", body) == 200;
}

int run(const Options& o) {
  Pages pages(o.pages);
  std::thread([&] {
    std::exit(run_sink(o.sink_port, [&](auto body) { pages.hear(body); }));
  }).detach();
  const auto start = Clock::now() + std::chrono::milliseconds(100);  // the receiver listens
  std::vector<Clock::time_point> due(o.pages, start);
  std::promise<Clock::time_point> begun;
  auto begin = begun.get_future().share();
  bool beside_taken = true, taken = true;
  std::thread beside([&] {
    HttpClient client(o.port);
    for (std::size_t n = 0; n < o.beside.size(); ++n)
      beside_taken &= post_at(client, begin.get() + n * o.every, o.beside[n]);
  });
  HttpClient client(o.port);
  for (std::size_t i = 0; i < o.pages; ++i) {
    if (o.rate > 0)
      due[i] += std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(static_cast<double>(i) / o.rate));
    else if (i > 0)
      due[i] = Clock::now();
    if (i == o.warm) begun.set_value(due[i]);
    taken &= post_at(client, due[i], alert(i));
    if (o.rate == 0) taken &= pages.within(i, last_page_within);
  }
  beside.join();
  if (!taken || !beside_taken || !pages.all_within(last_page_within)) {
    std::fprintf(stderr, "an alert was not taken, or its page did not come\n");
    return 1;
  }
  for (std::size_t i = o.warm; i < o.pages; ++i)
    std::printf("%s[%.3f,%.3f]", i == o.warm ? "[" : ",",
                Milliseconds(due[i] - begin.get()).count(),
                Milliseconds(pages.read(i) - due[i]).count());
  std::printf("]\n");
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  const int code = tocsin::bench::run(tocsin::bench::parse(argc, argv));
  std::fflush(stdout);
  std::_Exit(code);  // the receiver has threads
}
