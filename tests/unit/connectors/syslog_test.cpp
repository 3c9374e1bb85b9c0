#include "connectors/in/syslog/syslog.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "connectors/text/rfc3339.hpp"

using namespace tocsin;

namespace {

const Wall now = *parse_rfc3339("2026-03-11T12:00:00Z");

SyslogRule link_down() {
  SyslogRule r;
  r.id = "s1", r.alertname = "LinkDown";
  r.match = "(?P<interface>\\S+) went down: (?P<reason>.*)", r.clear = "(?P<interface>\\S+) is up";
  r.notes = {"reason"}, r.summary = "{interface} has no link ({reason}{nothing})";
  r.summary = "{interface} has no link: {reason}";
  r.runbook_url = "https://wiki/link";
  return r;
}

struct Heard {
  std::optional<Disposition> instead;
  AlertBatch batch;
  std::string text() const {
    std::string out;
    if (batch.alerts.empty()) return out;
    const AlertText t = batch.text(batch.alerts[0]);
    for (const auto& [name, value] : t.labels()) out.append(name).append("=").append(value) += "\n";
    for (const auto& [name, value] : t.annotations())
      out.append("  ").append(name).append("=").append(value) += "\n";
    return out;
  }
};

Heard hear(const SyslogRule& rule, std::string_view line, bool may_clear = true) {
  std::vector<SyslogRules::Fault> faults;
  const auto rules = SyslogRules::compile({rule}, faults);
  REQUIRE(rules);
  Heard out;
  out.instead = decode_syslog(line, *rules, {"192.0.2.7", now, may_clear, nullptr}, out.batch);
  CHECK(out.instead.has_value() == out.batch.alerts.empty());
  return out;
}

}  // namespace

TEST_CASE("syslog: a line becomes an alert") {
  const auto heard = hear(link_down(), "<28>Mar 11 11:59:58 sw-1 mgd[7]: ge-0/0/1 went down: LOS");
  CHECK(heard.text() ==
        "alertname=LinkDown\n"
        "host=sw-1\n"
        "interface=ge-0/0/1\n"
        "rule=s1\n"
        "  facility=daemon\n"
        "  message=ge-0/0/1 went down: LOS\n"
        "  program=mgd\n"
        "  reason=LOS\n"
        "  runbook_url=https://wiki/link\n"
        "  severity=warning\n"
        "  summary=ge-0/0/1 has no link: LOS\n");
  const IncomingAlert& alert = heard.batch.alerts[0];
  CHECK_FALSE(alert.resolved);
  CHECK(alert.starts_at == Wall{});  // so that the next such line is a repeat
  CHECK(alert.ends_at == until_cleared);
}

TEST_CASE("syslog: the same identity ends it, whatever else the line says") {
  const auto down = hear(link_down(), "<28>Mar 11 11:59:58 sw-1 mgd[7]: ge-0/0/1 went down: LOS");
  const auto up = hear(link_down(), "<30>1 2026-03-11T12:00:00Z sw-1 other - - - ge-0/0/1 is up");
  REQUIRE(up.batch.alerts.size() == 1);
  CHECK(up.batch.alerts[0].resolved);
  CHECK(up.batch.alerts[0].ends_at == now);
  CHECK(up.batch.text(up.batch.alerts[0]).label_bytes() ==
        down.batch.text(down.batch.alerts[0]).label_bytes());
}

TEST_CASE("syslog: who is not believed clears nothing, unless the rule allows it") {
  const std::string up = "<30>Mar 11 12:00:00 sw-1 mgd: ge-0/0/1 is up";
  CHECK(hear(link_down(), up, false).instead == Disposition::rejected_auth);
  SyslogRule rule = link_down();
  rule.clear_over_udp = true;
  CHECK_FALSE(hear(rule, up, false).instead);
  CHECK_FALSE(
      hear(link_down(), "<28>Mar 11 12:00:00 sw-1 mgd: ge-0/0/1 went down: x", false).instead);
}

TEST_CASE("syslog: what no rule wants, and what is no message") {
  CHECK(hear(link_down(), "<13>Mar 11 12:00:00 h app: all is well").instead ==
        Disposition::unmatched);
  CHECK(hear(link_down(), "").instead == Disposition::rejected_malformed);
  CHECK(hear(link_down(), std::string(syslog_line_bytes_max + 1, 'x')).instead ==
        Disposition::rejected_malformed);
}

TEST_CASE("syslog: quiet, host and severity where the line or the rule says nothing") {
  SyslogRule rule = link_down();
  rule.quiet_after = minutes(15), rule.summary = {};
  const auto heard = hear(rule, "eth0 went down: x");
  CHECK(heard.batch.alerts[0].ends_at == now + minutes(15));
  const AlertText text = heard.batch.text(heard.batch.alerts[0]);
  CHECK(text.label("host") == "192.0.2.7");
  CHECK(text.annotation("summary") == "eth0 went down: x");
  CHECK(text.annotation("severity") == "info");  // no priority is user.notice
  rule.alert_severity = Severity::critical;
  const auto critical = hear(rule, "eth0 went down: x");
  CHECK(critical.batch.text(critical.batch.alerts[0]).annotation("severity") == "critical");
}

TEST_CASE("syslog: severities") {
  const char* expected[] = {"critical", "critical", "critical", "error",
                            "warning",  "info",     "info",     "info"};
  for (int i = 0; i < 8; ++i) {
    const auto heard = hear(link_down(), "<" + std::to_string(8 + i) + ">eth0 went down: x");
    CHECK(heard.batch.text(heard.batch.alerts[0]).annotation("severity") == expected[i]);
  }
}

TEST_CASE("syslog: foreign bytes become text, and stay short") {
  const auto latin =
      hear(link_down(), "<28>Mar 11 12:00:00 h app: T\xFCr1 went down: k\xE4se\x01!");
  CHECK(latin.text().find("interface=T\xC3\xBCr1\n") == std::string::npos);  // RE2 reads UTF-8
  const auto utf8 = hear(link_down(),
                         "<28>Mar 11 12:00:00 h app: T\xC3\xBCr1 went down: a\x01"
                         "b");
  const AlertText text = utf8.batch.text(utf8.batch.alerts[0]);
  CHECK(text.label("interface") == "T\xC3\xBCr1");
  CHECK(text.annotation("reason") == "a b");
  const auto large = hear(link_down(), "<28>Mar 11 12:00:00 h app: " + std::string(40'000, 'x') +
                                           " went down: " + std::string(20'000, 'y'));
  CHECK(large.batch.text(large.batch.alerts[0]).label("interface").size() == 512);
  CHECK(large.batch.text(large.batch.alerts[0]).annotation("message").size() == 8192);
}
