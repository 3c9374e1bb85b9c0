// Lines on their way in: which become alerts, who is waited for, and that each is counted once.

#include <catch2/catch.hpp>

#include "daemon/api/syslog_in.hpp"
#include "tests/unit/api/support.hpp"

using namespace tocsin;
using namespace tocsin::api;
using namespace tocsin::api::testing;

namespace {

constexpr const char* config = R"(
people: [{id: bob}]
syslog: [{udp: ":0"}, {tcp: ":0"}]
syslog_rules:
  - id: disk
    program: smartd
    match: '(?P<disk>/dev/\w+) fails'
    clear: '(?P<disk>/dev/\w+) is well'
    set: {severity: critical}
cis: [{id: db-1, class: database, criticality: mission_critical}]
)";
constexpr const char* fails = "<26>1 2026-03-01T09:05:00Z db-1 smartd - - - /dev/sda fails";
constexpr const char* well = "<29>1 2026-03-01T09:06:00Z db-1 smartd - - - /dev/sda is well";
constexpr const char* other = "<29>1 2026-03-01T09:06:00Z db-1 sshd - - - session opened";

struct Syslog : World {
  Syslog() : World(config), in(*engine, {{false, nullptr}, {true, nullptr}}) {}

  // As if these lines had come together; waits for what is to be waited for.
  Taken hear(SyslogProtocol protocol, const std::vector<std::string>& texts) {
    SyslogLines lines;
    lines.protocol = protocol;
    lines.endpoint = protocol == SyslogProtocol::udp ? 0 : 1;
    for (const std::string& text : texts) lines.lines.push_back({text, "192.0.2.7"});
    auto settled = std::make_shared<std::promise<void>>();
    const Taken taken = in.take(lines, [settled] { settled->set_value(); });
    if (taken == Taken::waiting) settled->get_future().wait();
    return taken;
  }
  std::uint64_t fate(SyslogProtocol protocol, const std::string& wanted) const {
    for (std::size_t i = 0; i < SyslogInStats::fates.size(); ++i)
      if (SyslogInStats::fates[i] == wanted) return in.stats().lines[index(protocol)][i];
    FAIL("no fate " << wanted);
    return 0;
  }
  // With what is only counted, which otherwise takes its time.
  std::shared_ptr<const Snapshot> now() const {
    std::promise<std::uint64_t> flushed;
    REQUIRE(engine->offer(FlushTallies{}, [&](const Answer&, std::uint64_t seq) {
      flushed.set_value(seq);
    }) == Offer::taken);
    return engine->read_now(flushed.get_future().get());
  }

  SyslogIn in;
};

constexpr auto udp = SyslogProtocol::udp, tcp = SyslogProtocol::tcp;

}  // namespace

TEST_CASE("a line that a rule wants is an incident of its host when it is settled", "[syslog]") {
  Syslog s;
  REQUIRE(s.problems == "");
  CHECK(s.hear(tcp, {other}) == Taken::done);  // nothing of it has to become durable
  CHECK(s.hear(tcp, {other, fails, other}) == Taken::waiting);
  const auto seen = s.now();
  REQUIRE(seen->incidents.size() == 1);
  const auto row = seen->incident(IncidentNumber(1));
  REQUIRE(row);
  CHECK(row->words().ci == "db-1");
  CHECK(row->origin == Origin::syslog);
  CHECK(s.fate(tcp, "matched") == 1);
  CHECK(s.fate(tcp, "unmatched") == 3);
}

TEST_CASE("a datagram ends nothing, a connection does", "[syslog]") {
  Syslog s;
  CHECK(s.hear(udp, {fails}) == Taken::waiting);
  CHECK(s.hear(udp, {well}) == Taken::done);
  CHECK(s.fate(udp, "refused") == 1);
  CHECK(s.now()->totals.dispositions[index(Disposition::rejected_auth)] == 1);
  CHECK(s.hear(tcp, {well}) == Taken::waiting);
  const auto seen = s.now();
  std::size_t over = 0;
  seen->alerts.each(
      [&](std::uint32_t, const AlertRow& a) { over += a.state == AlertState::resolved; });
  CHECK(over == 1);
}

TEST_CASE("every line ends in one disposition, also what came apart", "[syslog]") {
  Syslog s;
  s.hear(tcp, {fails, fails, other, ""});
  s.hear(udp, {fails, well, "no header at all"});
  s.in.broken(tcp);
  s.engine->stop();
  CHECK(s.fate(tcp, "malformed") == 2);
  // A datagram cannot wait; a connection offers the same lines again, so nothing is counted.
  CHECK(s.hear(udp, {fails, other}) == Taken::done);
  CHECK(s.fate(udp, "shed") == 1);
  CHECK(s.fate(udp, "unmatched") == 2);
  CHECK(s.hear(tcp, {fails, other}) == Taken::full);
  CHECK(s.fate(tcp, "matched") == 2);
  CHECK(s.fate(tcp, "unmatched") == 1);
}

TEST_CASE("received is what was disposed of", "[syslog]") {
  Syslog s;
  s.hear(tcp, {fails, fails, other, ""});
  s.hear(udp, {fails, well, "no header at all"});
  s.in.broken(tcp);
  const auto seen = s.now();
  const Totals& t = seen->totals;
  CHECK(t.received[s.engine->source_slot(syslog_source)] == 8);
  std::uint64_t disposed = 0;
  for (const std::uint64_t n : t.dispositions) disposed += n;
  CHECK(disposed == 8);
  CHECK(t.dispositions[index(Disposition::unmatched)] == 2);
  CHECK(t.dispositions[index(Disposition::rejected_malformed)] == 2);
}

TEST_CASE("a quarantined line is counted, and the others of its batch are heard", "[syslog]") {
  Syslog s;
  s.quarantined = [](const Input& input) {
    return input.kind == InputKind::line && input.bytes.find("/dev/sda") != input.bytes.npos;
  };
  const std::string other_disk = "<26>1 2026-03-01T09:05:00Z db-1 smartd - - - /dev/sdb fails";
  CHECK(s.hear(tcp, {fails}) == Taken::done);
  CHECK(s.hear(tcp, {fails, other_disk, other}) == Taken::waiting);
  const auto seen = s.now();
  CHECK(seen->incidents.size() == 1);
  CHECK(seen->totals.dispositions[index(Disposition::quarantined)] == 2);
  CHECK(s.fate(tcp, "malformed") == 2);
}
