// What is no incident signal is recorded for a replay: once per beginning and end, and in bounds.
#include <catch2/catch.hpp>

#include "rules/intake/forecast.hpp"
#include "rules/process/format.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::vector<EventSetAside> recorded(const Desk& d) {
  return d.written<EventSetAside>();
}

}  // namespace

TEST_CASE("what is set aside is recorded when it begins and when it is over, not at its repeats") {
  Desk d;
  const Wall start{d.now.ms - 1000};
  CHECK(d.alert("Backup", "db", "info", start).disposition == Disposition::informational);
  REQUIRE(recorded(d).size() == 1);
  const EventSetAside first = recorded(d)[0];
  CHECK(first.disposition == Disposition::informational);
  CHECK(first.starts_at == start);
  CHECK_FALSE(first.resolved);
  CHECK(AlertText(first.text).label("alertname") == "Backup");
  CHECK(d.state.globals().format == format_with_decisions);
  CHECK(d.state.alerts().size() == 0);

  for (int i = 0; i < 20; ++i) {
    d.pass(minutes(1));
    d.alert("Backup", "db", "info", start);
  }
  CHECK(recorded(d).size() == 1);
  d.alert("Backup", "db", "info", start, true);
  d.alert("Backup", "db", "info", start, true);
  REQUIRE(recorded(d).size() == 2);
  CHECK(recorded(d)[1].resolved);
  d.pass(minutes(1));
  d.alert("Backup", "db", "info", {d.now.ms});
  CHECK(recorded(d).size() == 3);
  CHECK(d.alert("Backup", "db", "info", {d.now.ms}).disposition == Disposition::informational);
}

TEST_CASE("what fell silent begins anew, and says until when it had been good") {
  Desk d;
  d.alert("Backup", "db", "info", {d.now.ms});
  d.pass(minutes(3));
  d.alert("Backup", "db", "info", {d.now.ms - minutes(3).ms});
  const Instant good_until = d.now + d.settings->resolve_timeout;
  d.pass(minutes(30));
  d.alert("Backup", "db", "info", {d.now.ms - minutes(33).ms});
  REQUIRE(recorded(d).size() == 2);
  CHECK(recorded(d)[0].heard_until == Instant{});
  CHECK(recorded(d)[1].heard_until == good_until);
}

TEST_CASE("a flood is recorded in part, and the rest is counted") {
  Desk d;
  const std::string ci(1500, 'x');
  for (int i = 0; i < 4000; ++i) d.alert("Info" + std::to_string(i), ci, "info", {d.now.ms});
  const std::size_t burst = recorded(d).size();
  CHECK(burst > 2000);
  CHECK(burst < 3000);
  CHECK(d.sightings.aside.missed() == 4000 - burst);
  // One that was missed is recorded at its next repeat, when there is room.
  d.pass(seconds(1));
  d.alert("Info3999", ci, "info", {d.now.ms - 1000});
  REQUIRE(recorded(d).size() == burst + 1);
  CHECK(recorded(d).back().missed == 4000 - burst);
  CHECK(d.sightings.aside.missed() == 0);
}

TEST_CASE("days_left is a number, or says nothing") {
  const auto left = [](std::string_view word) -> std::optional<std::int64_t> {
    const std::string text = pack({}, {{"days_left", word}});
    const auto span = time_left(AlertText(text));
    return span ? std::optional(span->ms) : std::nullopt;
  };
  constexpr std::int64_t day = 86'400'000;
  CHECK(left("30") == 30 * day);
  CHECK(left("0") == 0);
  CHECK(left("2.5") == 5 * day / 2);
  CHECK(left("14.000000001") == 14 * day);
  CHECK(left("14.00000002") == 14 * day + 1);
  CHECK(left("-3.5") == -7 * day / 2);
  CHECK(left("999999") == 999'999 * day);
  for (const char* word : {"", "-", ".", "1.", ".5", "30d", "1e3", "+1", "+Inf", "NaN", " 30",
                           "30 ", "1,5", "1.2.3", "0x10", "1000000", "1.0000000001", "--1"}) {
    INFO(word);
    CHECK_FALSE(left(word));
  }
  const std::string both = pack({{"days_left", "7"}}, {{"days_left", "30"}});
  CHECK(time_left(AlertText(both)) == hours(24 * 7));
}

TEST_CASE("a forecast is set aside while it leaves more than the horizon, and says so each day") {
  auto settings = small_settings();
  settings->forecast_horizon = hours(24 * 10);
  Desk d(settings);
  const auto hear = [&](std::string_view symptom, std::string_view days) {
    AlertBatch batch;
    batch.bytes = pack({{"alertname", "Cert"}, {"severity", "critical"}, {"symptom", symptom}},
                       {{"days_left", days}});
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    in.starts_at = Wall{1000};
    const Wall received = d.state.globals().wall(d.now);
    const Prepared p = prepare(batch, in, *settings, d.state.globals().secret, 0, received);
    return d.give(ReceiveAlert{&p, 0, received}).disposition;
  };
  CHECK(hear("S14", "11.5") == Disposition::work_item);
  CHECK(hear("S14", "11.1") == Disposition::work_item);
  CHECK(recorded(d).size() == 1);
  CHECK(hear("S14", "10.9") == Disposition::work_item);
  CHECK(recorded(d).size() == 2);
  CHECK(d.state.alerts().size() == 0);
  CHECK(hear("S14", "10") == Disposition::incident_opened);
  CHECK(hear("S14", "11.5") == Disposition::duplicate);  // it is in its incident
  CHECK(hear("S08", "10.5") == Disposition::work_item);
  CHECK(hear("S07", "10.5") == Disposition::incident_opened);
}

TEST_CASE("nothing is recorded where events are not kept") {
  auto settings = small_settings();
  settings->keep_events = Span{};
  Desk d(settings);
  d.alert("Backup", "db", "info", {d.now.ms});
  CHECK(recorded(d).empty());
  CHECK(d.state.globals().format == first_fact_format);
}

TEST_CASE("the memory of what was recorded grows with them, and keeps those it had") {
  AsideMemory memory;
  const auto of = [](std::uint64_t n) { return Fingerprint{7, n}; };
  for (std::uint64_t n = 0; n < 70'000; ++n)
    memory.note({.known = {.alert = of(n), .until = {static_cast<std::int64_t>(n)}}}, {});
  std::size_t kept = 0;
  for (std::uint64_t n = 0; n < 70'000; ++n)
    if (const auto* known = memory.find(of(n)))
      kept += known->until.ms == static_cast<std::int64_t>(n);
  CHECK(kept == 65'536);  // as many as there are places: who comes later takes one
  CHECK(memory.find(of(69'999)) != nullptr);
  CHECK(memory.find({8, 69'999}) == nullptr);
}
