// What an alert costs before it is decided: fingerprint, CI and rule, with more and more rules of
// the user's. No daemon and no network: prepare() alone, on one thread.
//
//   tocsin_prepare [--alerts N]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "rules/classify/rules.hpp"
#include "rules/prepare.hpp"

namespace tocsin::bench {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of all kinds, as in flat.py; `instance` makes every alert of a fleet another one.
std::string rules_of(int count) {
  std::string out = "people: [{id: bob}]\nrules:\n";
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    const std::string kinds[] = {"alertname=\"Own" + n + "\", instance=~\"node-.*\"",
                                 "alertname=~\"Team" + n + ".*\", severity!=\"info\"",
                                 "instance=~\"app-" + n + "(:[0-9]+)?\"",
                                 "alertname=~\"(Job|Task)" + n + "(Failed|Late)\"",
                                 "instance=\"node-" + n + ":9100\", alertname=\"Own" + n + "\"",
                                 "service=~\".*-" + n + "-.*\""};
    char id[16];
    std::snprintf(id, sizeof id, "r%05d", i);
    out +=
        std::string("- {id: ") + id + ", match: ['" + kinds[i % 6] + "'], set: {symptom: S01}}\n";
  }
  return count ? out : out + "[]\n";
}

AlertBatch alerts(int count) {
  static const char* names[] = {"HostHighCpuLoad", "PostgresqlDown", "KubernetesQuotaExceeded",
                                "SomethingElse"};
  AlertBatch batch;
  for (int i = 0; i < count; ++i) {
    IncomingAlert alert;
    alert.text_at = static_cast<std::uint32_t>(batch.bytes.size());
    const std::string instance = "node-" + std::to_string(i) + ":9100";
    const std::string service = "svc-" + std::to_string(i % 200);
    pack_alert(
        batch.bytes,
        {{"alertname", names[i % 4]},
         {"cluster", "prod-eu-central-3"},
         {"device", "/dev/mapper/vg0-data07"},
         {"environment", "production"},
         {"instance", instance},
         {"job", "node-exporter"},
         {"namespace", "tenant-3"},
         {"service", service},
         {"severity", "warning"},
         {"team", "platform-2"}},
        {{"description", "measured 12.3 percent, near its limit"}, {"summary", "it is high"}}, "");
    alert.text_size = static_cast<std::uint32_t>(batch.bytes.size()) - alert.text_at;
    batch.alerts.push_back(alert);
  }
  return batch;
}

int run(int count) {
  const AlertBatch batch = alerts(count);
  std::printf("%8s %12s %14s %14s\n", "rules", "load, s", "prepare, ns", "walking, ns");
  for (const int rules : {0, 10, 1000, 10'000}) {
    const std::string text = rules_of(rules);
    const auto begin = Clock::now();
    const Loaded loaded = load_text(text, "bench.yaml");
    const double seconds = since(begin);
    if (!loaded.settings) {
      std::fprintf(stderr, "%s\n", to_text(loaded.errors.front()).c_str());
      return 1;
    }
    std::vector<double> runs;
    std::uint64_t sum = 0;
    for (int round = 0; round < 5; ++round) {
      const auto start = Clock::now();
      for (const IncomingAlert& alert : batch.alerts)
        sum += prepare(batch, alert, *loaded.settings, {1, 2}, 0, Wall{1}).fingerprint.low;
      runs.push_back(since(start) * 1e9 / count);
    }
    std::sort(runs.begin(), runs.end());
    const int few = std::min(count, 200);
    const auto start = Clock::now();
    for (int i = 0; i < few; ++i) {
      Subject subject;
      subject.text = batch.text(batch.alerts[static_cast<std::size_t>(i)]);
      sum += static_cast<std::uint64_t>(first_rule_walking(subject, *loaded.settings));
    }
    std::printf("%8d %12.3f %14.0f %14.0f%s\n", rules, seconds, runs[2], since(start) * 1e9 / few,
                sum ? "" : " ");
  }
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  const std::string key = argc > 1 ? argv[1] : "";
  return tocsin::bench::run(argc == 3 && key == "--alerts" ? std::atoi(argv[2]) : 100'000);
}
