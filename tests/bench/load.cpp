// Load on an Alertmanager API, ours or the other one's. Bodies are made before the clock starts, so
// that the generator, which shares the machine, costs little while it runs.
//
//   tocsin_load --port P --phase new|repeat|resolve --alerts N [--first I] [--batch 64]
//               [--connections 8] [--rate R] [--turn T] [--critical PERCENT] --starts-at SECONDS
//   tocsin_load --port P --sink
//
// Without --rate the loop is closed: a connection sends its next batch when the last was answered.
// With it R alerts a second are due at fixed times, and latency counts from when a batch was due,
// not from when it could be sent: a stalled server cannot hide what waited. Prints one line of
// JSON; the exit code is 1 unless every answer was 200.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/alert_text.hpp"
#include "tests/bench/http_client.hpp"
#include "tests/bench/sink.hpp"

namespace tocsin::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::uint16_t port = 0;
  Phase phase = Phase::fresh;
  std::uint64_t first = 0, alerts = 0, batch = 64;
  unsigned connections = 8, turn = 0;
  double rate = 0;  // alerts a second; 0: closed loop
  std::int64_t starts_at = 0;
  bool sink = false;
};

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: see the head of tests/bench/load.cpp\n");
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i < argc; ++i) {
    const std::string key = argv[i];
    if (key == "--sink") {
      o.sink = true;
      continue;
    }
    if (++i == argc) usage();
    const std::string value = argv[i];
    const auto number = std::strtoull(value.c_str(), nullptr, 10);
    if (key == "--port")
      o.port = static_cast<std::uint16_t>(number);
    else if (key == "--alerts")
      o.alerts = number;
    else if (key == "--first")
      o.first = number;
    else if (key == "--batch")
      o.batch = number;
    else if (key == "--connections")
      o.connections = static_cast<unsigned>(number);
    else if (key == "--turn")
      o.turn = static_cast<unsigned>(number);
    else if (key == "--rate")
      o.rate = std::strtod(value.c_str(), nullptr);
    else if (key == "--critical")
      critical_percent = number;
    else if (key == "--starts-at")
      o.starts_at = static_cast<std::int64_t>(number);
    else if (key == "--phase" && value == "new")
      o.phase = Phase::fresh;
    else if (key == "--phase" && value == "repeat")
      o.phase = Phase::repeat;
    else if (key == "--phase" && value == "resolve")
      o.phase = Phase::resolve;
    else
      usage();
  }
  if (o.port == 0 || (!o.sink && (o.alerts == 0 || o.batch == 0 || o.starts_at == 0))) usage();
  return o;
}

struct Batch {
  std::string body;
  std::uint64_t alerts = 0;
};

std::vector<Batch> make_batches(const Options& o) {
  const AlertTimes times{o.starts_at, std::time(nullptr)};
  std::vector<Batch> out;
  for (std::uint64_t i = 0; i < o.alerts; i += o.batch) {
    const std::uint64_t n = std::min(o.batch, o.alerts - i);
    out.push_back({batch_json(o.first + i, n, o.phase, times, o.turn), n});
  }
  return out;
}

struct Measured {
  std::vector<double> latency_ms;
  std::map<int, std::uint64_t> alerts_by_status;
};

// One connection's share: the next batch that nobody has taken, when it is due.
Measured drive(const Options& o, const std::vector<Batch>& batches, std::atomic<std::size_t>& next,
               Clock::time_point start) {
  HttpClient client(o.port);
  Measured out;
  for (std::size_t i; (i = next.fetch_add(1)) < batches.size();) {
    Clock::time_point due = Clock::now();
    if (o.rate > 0) {
      const double at = static_cast<double>(i * o.batch) / o.rate;
      due = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(at));
      std::this_thread::sleep_until(due);
    }
    const int status = client.post("/api/v2/alerts", batches[i].body);
    out.latency_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    out.alerts_by_status[status] += batches[i].alerts;
  }
  return out;
}

Measured drive_all(const Options& o, const std::vector<Batch>& batches, double& seconds) {
  std::atomic<std::size_t> next{0};
  std::vector<Measured> parts(o.connections);
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (Measured& part : parts) threads.emplace_back([&] { part = drive(o, batches, next, start); });
  for (std::thread& t : threads) t.join();
  seconds = std::chrono::duration<double>(Clock::now() - start).count();
  Measured all;
  for (const Measured& part : parts) {
    all.latency_ms.insert(all.latency_ms.end(), part.latency_ms.begin(), part.latency_ms.end());
    for (const auto& [status, alerts] : part.alerts_by_status)
      all.alerts_by_status[status] += alerts;
  }
  std::sort(all.latency_ms.begin(), all.latency_ms.end());
  return all;
}

double quantile(const std::vector<double>& sorted, double q) {
  const auto last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(q * last + 0.5)];
}

int run(const Options& o) {
  const std::vector<Batch> batches = make_batches(o);
  std::size_t bytes = 0;
  for (const Batch& b : batches) bytes += b.body.size();
  double seconds = 0;
  const Measured m = drive_all(o, batches, seconds);
  std::printf(
      "{\"alerts\":%llu,\"requests\":%zu,\"bytes_per_alert\":%.0f,\"seconds\":%.4f,\"rate\":%.0f,",
      static_cast<unsigned long long>(o.alerts), batches.size(),
      static_cast<double>(bytes) / static_cast<double>(o.alerts), seconds,
      static_cast<double>(o.alerts) / seconds);
  for (const auto& [name, q] :
       {std::pair("p50", 0.5), {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1.0}})
    std::printf("\"%s_ms\":%.3f,", name, quantile(m.latency_ms, q));
  std::printf("\"status\":{");
  const char* comma = "";
  for (const auto& [status, alerts] : m.alerts_by_status) {
    std::printf("%s\"%d\":%llu", comma, status, static_cast<unsigned long long>(alerts));
    comma = ",";
  }
  std::printf("}}\n");
  return m.alerts_by_status.size() == 1 && m.alerts_by_status.begin()->first == 200 ? 0 : 1;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  const auto options = tocsin::bench::parse(argc, argv);
  return options.sink ? tocsin::bench::run_sink(options.port) : tocsin::bench::run(options);
}
