// What we ship is good: it loads without a warning and its examples come out as they say.

#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "config/compiler.hpp"
#include "config/load.hpp"
#include "rules/classify/classify.hpp"
#include "rules/prepare.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

TEST_CASE("every shipped file loads without a warning") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/config")) {
    if (entry.path().extension() != ".yaml") continue;
    ++files;
    const auto loaded = load_file(entry.path().string());
    INFO(entry.path());
    CHECK(lines(loaded.errors) == "");
    CHECK(lines(loaded.warnings) == "");
    CHECK(lines(run_examples(loaded)) == "");
    REQUIRE(loaded.settings);
    CHECK(load_stored(loaded.settings->text).settings->hash == loaded.settings->hash);
  }
  CHECK(files >= 3);
}

TEST_CASE("each built-in rule takes its own examples") {
  // As a section of the user's, the examples of the built-in rules are run.
  std::string text = config::default_rules_text;
  text.replace(text.find("default_rules:"), 14, "rules:");
  const auto loaded = load_text("people: [{id: bob}]\ndefault_rules: []\n" + text, "t.yaml");
  CHECK(lines(loaded.errors) == "");
  CHECK(lines(run_examples(loaded)) == "");
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->rules.size() >= 50);
  std::set<std::string> shown;
  for (const auto& example : loaded.examples) shown.insert(example.rule);
  CHECK(shown.size() == loaded.settings->rules.size());
}

TEST_CASE("15 categories of 83 subcategories are built in") {
  const auto loaded = load_text("people: [{id: bob}]", "t.yaml");
  std::size_t subcategories = 0;
  for (const auto& [category, known] : loaded.settings->tree.categories)
    subcategories += known.size();
  CHECK(loaded.settings->tree.categories.size() == 15);
  CHECK(subcategories == 83);
  CHECK(loaded.settings->class_defaults.size() == 9);
  CHECK(loaded.settings->facility_defaults.size() == 8);
}

TEST_CASE("the example file is the whole built-in policy where it says so") {
  const auto example = load_file(TOCSIN_SOURCE_DIR "/config/example.yaml");
  const auto minimal = load_file(TOCSIN_SOURCE_DIR "/config/minimal.yaml");
  const Settings &a = *example.settings, &b = *minimal.settings;
  CHECK(std::equal(&a.matrix[0][0], &a.matrix[0][0] + sizeof a.matrix, &b.matrix[0][0]));
  CHECK(std::equal(a.hold_down, a.hold_down + 4, b.hold_down));
  CHECK(std::equal(a.verify, a.verify + 5, b.verify));
  CHECK(std::equal(a.sla, a.sla + 5, b.sla));
  CHECK(a.auto_close_after == b.auto_close_after);
  CHECK(a.reopen_window == b.reopen_window);
  CHECK(a.ci_labels == b.ci_labels);
}

TEST_CASE("examples that do not hold are found") {
  const auto loaded = load_text(R"(people: [{id: bob}]
rules:
  - id: a
    match: ['alertname="A"']
    set: {category: storage, subcategory: capacity}
    examples:
      - {labels: {alertname: A}, expect: {category: database, severity: error, priority: P3}}
      - {labels: {alertname: B}, expect: {category: storage}}
  - id: b
    match: ['alertname=~"A|C"']
    set: {severity: critical}
    examples:
      - {labels: {alertname: A}}
      - {labels: {alertname: C}, expect: {severity: critical, priority: P2, group: default}}
)",
                                "t.yaml");
  INFO(lines(loaded.errors));
  CHECK(lines(run_examples(loaded)) ==
        "t.yaml:7:9: example of rule 'a': expected category database, found storage\n"
        "t.yaml:8:9: example of rule 'a': no rule matches it\n"
        "t.yaml:13:9: example of rule 'b': rule 'a' takes it first\n");
}

TEST_CASE("names of alerts as they are in the field, by the built-in rules") {
  const auto loaded = load_text("people: [{id: bob}]", "t.yaml");
  const struct {
    const char* alertname;
    const char* verdict;
  } table[] = {
      {"PostgresqlDown", "database/availability/S01"},
      {"MysqlDown", "database/availability/S01"},
      {"PostgresqlReplicationLag", "database/replication/S02"},
      {"PostgresqlTooManyConnections", "database/connections/S07"},
      {"MysqlSlowQueries", "database/performance_locks/S02"},
      {"InstanceDown", "compute/host_down/S01"},
      {"HostHighCpuLoad", "compute/cpu/S02"},
      {"NodeCPUHighUsage", "compute/cpu/S02"},
      {"HostOutOfMemory", "compute/memory/S07"},
      {"HostOomKillDetected", "compute/memory/S07"},
      {"NodeFilesystemSpaceFillingUp", "storage/capacity/S08"},
      {"DiskWillFillIn4Hours", "storage/capacity/S08"},
      {"NodeFilesystemAlmostOutOfSpace", "storage/filesystem/S07"},
      {"HostOutOfDiskSpace", "storage/filesystem/S07"},
      {"DiskFull", "storage/filesystem/S07"},
      {"NodeRAIDDegraded", "storage/disk_fault/S11"},
      {"HighErrorRate", "application/error_rate/S03"},
      {"TraefikHighHttp5xxErrorRateService", "application/error_rate/S03"},
      {"HighRequestLatency", "application/latency/S02"},
      {"RabbitmqQueueBacklog", "application/queue_backlog/S15"},
      {"KubeJobFailed", "application/job_batch/S09"},
      {"KubeNodeNotReady", "platform/kubernetes/S01"},
      {"KubePodCrashLooping", "platform/container_restart/S04"},
      {"KubeQuotaExceeded", "platform/quota_limit/S07"},
      {"CPUThrottlingHigh", "platform/quota_limit/S07"},
      {"BlackboxSslCertificateWillExpireSoon", "security/certificate/S14"},
      {"CertificateExpiry", "security/certificate/S14"},
      {"KubeClientCertificateExpiration", "security/certificate/S14"},
      {"InterfaceDown", "network/interface/S01"},
      {"LinkFlap", "network/interface/S04"},
      {"BGPSessionDown", "network/routing/S01"},
      {"CoreDNSDown", "network/dns/S01"},
      {"PacketLossHigh", "network/latency_loss/S02"},
      {"BackupFailed", "backup/backup_failed/S09"},
      {"BackupMissing", "backup/backup_missing/S09"},
      {"UpsOnBattery", "facilities/power/S11"},
      {"HostPhysicalComponentTooHotTemperature", "facilities/cooling/S11"},
      {"PrometheusTargetMissing", "monitoring/no_data/S12"},
      {"TargetDown", "monitoring/no_data/S12"},
      {"AgentDown", "monitoring/agent_down/S12"},
      {"SomethingElse", "unknown/uncategorized/S99"},
  };
  for (const auto& row : table) {
    AlertBatch batch;
    pack_alert(batch.bytes, {{"alertname", row.alertname}}, {}, "");
    IncomingAlert incoming;
    incoming.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    const Prepared alert = prepare(batch, incoming, *loaded.settings, Fingerprint{}, 0, Wall{1});
    const Verdict v = classify(alert, *loaded.settings);
    INFO(row.alertname);
    CHECK(std::string(v.category) + "/" + std::string(v.subcategory) + "/" +
              std::string(v.symptom) ==
          row.verdict);
  }
}
