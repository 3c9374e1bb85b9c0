// A storm of alerts at an even pace, and the memory of what was answered to each of them.
//
//   tocsin_storm --port P --state FILE [--alerts 200000] [--rate 20000] [--seconds 120]
//                [--batch 64] [--connections 32]
//
// All alerts fire, and are then sent again and again in the same order: most as repeats, some end,
// some that ended fire anew. Batches are due at fixed times, and latency counts from when a batch
// was due. Each alert belongs to one connection, so at most one request is under way about it:
// after a 200 it is as that request wanted it, after a 503 as it was before.
//
// Prints one line of JSON; FILE gets a line for each alert: its labels' numbers, what was promised
// about it, and when a critical one was first sent. Judging is for others (storm.py).

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/alert_text.hpp"
#include "tests/bench/http_client.hpp"

namespace tocsin::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t lease_s = 4 * 3600;  // no alert of the storm ends by itself
constexpr std::uint64_t act_together = 32;  // alerts of one rule come and go together
constexpr unsigned repeats_percent = 70, ends_percent = 15;

struct Options {
  std::uint16_t port = 0;
  std::string state;
  std::uint64_t alerts = 200'000, batch = 64;
  double rate = 20'000, seconds = 120;
  unsigned connections = 32;
};

// What was promised about an alert. Seconds since 1970; starts 0: nothing was.
struct Promised {
  std::int64_t starts = 0, ends = 0;  // ends 0: it fires
  bool firing() const { return starts != 0 && ends == 0; }
  bool operator==(const Promised&) const = default;
};

struct Alert {
  Promised promised, wanted;
  double first_sent = 0;  // of the monotonic clock, in s
};

// Kinds of events, by what may become of them under load.
enum Kind { critical, end, other, kinds };
constexpr const char* kind_names[kinds] = {"critical", "end", "other"};

struct Measured {
  std::vector<double> latency_ms;
  std::map<int, std::uint64_t> events[kinds];  // by status
  std::uint64_t changes = 0, repeats = 0;      // answered 200
};

// Spreads numbers, so that what comes next follows no pattern.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 31)) * 0x7FB5D329728EA185u;
  x = (x ^ (x >> 27)) * 0x81DADEF4BC2DD44Du;
  return x ^ (x >> 33);
}

class Storm {
 public:
  explicit Storm(Options options) : o_(std::move(options)), alerts_(o_.alerts) {}

  void run() {
    parts_.resize(o_.connections);
    std::vector<std::thread> threads;
    begin_ = Clock::now();
    for (unsigned c = 0; c < o_.connections; ++c) threads.emplace_back([this, c] { drive(c); });
    for (std::thread& t : threads) t.join();
    seconds_ = since_begin();
  }

  void print() const;
  bool write_state() const;

 private:
  void drive(unsigned connection);
  void send(HttpClient& client, std::uint64_t first, unsigned turn, double due, Measured& out);
  Promised next(const Alert& alert, std::uint64_t number, unsigned turn, std::int64_t now) const;
  double since_begin() const {
    return std::chrono::duration<double>(Clock::now() - begin_).count();
  }

  Options o_;
  std::vector<Alert> alerts_;
  std::vector<Measured> parts_;
  Clock::time_point begin_;
  double seconds_ = 0;
};

// One connection's share: every so many-th batch, turn after turn, when it is due.
void Storm::drive(unsigned connection) {
  HttpClient client(o_.port);
  const std::uint64_t batches = (o_.alerts + o_.batch - 1) / o_.batch;
  for (unsigned turn = 0;; ++turn)
    for (std::uint64_t b = connection; b < batches; b += o_.connections) {
      const double due = static_cast<double>(turn * o_.alerts + b * o_.batch) / o_.rate;
      if (due >= o_.seconds) return;
      std::this_thread::sleep_until(
          begin_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(due)));
      send(client, b * o_.batch, turn, due, parts_[connection]);
    }
}

Promised Storm::next(const Alert& alert, std::uint64_t number, unsigned turn,
                     std::int64_t now) const {
  const Promised& p = alert.promised;
  if (p.starts == 0) return {now, 0};  // new, or refused so far
  const std::uint64_t dice = mixed(number / act_together * 977 + turn) % 100;
  if (dice < repeats_percent) return p;
  const bool ends = dice < repeats_percent + ends_percent;
  // A second change within one second could not be told from the first by its time.
  if (ends != p.firing() || now <= std::max(p.starts, p.ends)) return p;
  return ends ? Promised{p.starts, now} : Promised{now, 0};
}

void Storm::send(HttpClient& client, std::uint64_t first, unsigned turn, double due,
                 Measured& out) {
  const std::uint64_t last = std::min(first + o_.batch, o_.alerts);
  const std::int64_t now = std::time(nullptr);
  std::string body = "[";
  for (std::uint64_t i = first; i < last; ++i) {
    Alert& alert = alerts_[i];
    alert.wanted = next(alert, i, turn, now);
    if (i != first) body.append(",");
    append_alert(body, i, alert.wanted.starts,
                 alert.wanted.ends ? alert.wanted.ends : now + lease_s, turn);
    if (is_critical(i) && alert.first_sent == 0)
      alert.first_sent = std::chrono::duration<double>(begin_.time_since_epoch()).count() + due;
  }
  const int status = client.post("/api/v2/alerts", body.append("]"));
  out.latency_ms.push_back(1000 * (since_begin() - due));
  for (std::uint64_t i = first; i < last; ++i) {
    Alert& alert = alerts_[i];
    const Kind kind = is_critical(i) ? critical : alert.wanted.ends ? end : other;
    ++out.events[kind][status];
    if (status != 200) continue;
    ++(alert.wanted == alert.promised ? out.repeats : out.changes);
    alert.promised = alert.wanted;
  }
}

void Storm::print() const {
  Measured all;
  for (const Measured& part : parts_) {
    all.latency_ms.insert(all.latency_ms.end(), part.latency_ms.begin(), part.latency_ms.end());
    for (int k = 0; k < kinds; ++k)
      for (const auto& [status, n] : part.events[k]) all.events[k][status] += n;
    all.changes += part.changes, all.repeats += part.repeats;
  }
  std::sort(all.latency_ms.begin(), all.latency_ms.end());
  const auto quantile = [&](double q) {
    return all.latency_ms[static_cast<std::size_t>(
        q * static_cast<double>(all.latency_ms.size() - 1) + 0.5)];
  };
  std::printf("{\"seconds\":%.3f,\"changes\":%llu,\"repeats\":%llu,", seconds_,
              static_cast<unsigned long long>(all.changes),
              static_cast<unsigned long long>(all.repeats));
  std::printf("\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f", quantile(0.5), quantile(0.99),
              all.latency_ms.back());
  for (int k = 0; k < kinds; ++k) {
    std::printf(",\"%s\":{", kind_names[k]);
    const char* comma = "";
    for (const auto& [status, n] : all.events[k]) {
      std::printf("%s\"%d\":%llu", comma, status, static_cast<unsigned long long>(n));
      comma = ",";
    }
    std::printf("}");
  }
  std::printf("}\n");
}

bool Storm::write_state() const {
  std::FILE* file = std::fopen(o_.state.c_str(), "w");
  if (!file) return false;
  for (std::uint64_t i = 0; i < o_.alerts; ++i) {
    const Alert& a = alerts_[i];
    std::fprintf(file, "%s %lld %lld %.6f\n", identity_of(i).c_str(),
                 static_cast<long long>(a.promised.starts), static_cast<long long>(a.promised.ends),
                 a.first_sent);
  }
  return std::fclose(file) == 0;
}

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: see the head of tests/bench/storm.cpp\n");
  std::exit(2);
}

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i], value = argv[i + 1];
    const auto number = std::strtoull(value.c_str(), nullptr, 10);
    if (key == "--port")
      o.port = static_cast<std::uint16_t>(number);
    else if (key == "--state")
      o.state = value;
    else if (key == "--alerts")
      o.alerts = number;
    else if (key == "--batch")
      o.batch = number;
    else if (key == "--connections")
      o.connections = static_cast<unsigned>(number);
    else if (key == "--rate")
      o.rate = std::strtod(value.c_str(), nullptr);
    else if (key == "--seconds")
      o.seconds = std::strtod(value.c_str(), nullptr);
    else
      usage();
  }
  if (argc % 2 == 0 || !o.port || o.state.empty() || !o.alerts || !o.batch || !o.connections)
    usage();
  return o;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  tocsin::bench::Storm storm(tocsin::bench::parse(argc, argv));
  storm.run();
  storm.print();
  return storm.write_state() ? 0 : 1;
}
