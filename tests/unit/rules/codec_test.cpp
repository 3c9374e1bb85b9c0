// Bytes of facts and rows: what was written is read back, and nothing that was not written hurts.
#include <catch2/catch.hpp>

#include "rules/dump.hpp"
#include "rules/model/row_codec.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

IncidentOpened sample() {
  IncidentOpened f;
  f.incident = IncidentNumber(7), f.priority = Priority::P2, f.severity = Severity::warning;
  f.occurred_at = {-5}, f.escalate_due = never;
  f.title = "disk \"full\" on web-07\n", f.ci = "web-07";
  return f;
}

std::string one_fact(const IncidentOpened& f) {
  std::string bytes;
  append_fact(bytes, {1234}, f);
  return bytes;
}

}  // namespace

TEST_CASE("a fact is read back as it was written") {
  const std::string bytes = one_fact(sample());
  FactView view;
  REQUIRE(read_one_fact(bytes, view));
  CHECK(view.at == Instant{1234});
  CHECK(view.bytes.size() == bytes.size());
  IncidentOpened back;
  REQUIRE(read_fact(view.fields, back));
  CHECK(back.incident == IncidentNumber(7));
  CHECK(back.occurred_at == Wall{-5});
  CHECK(back.escalate_due == never);
  CHECK(back.title == sample().title);
  CHECK(to_text(view).find("title=\"disk \\\"full\\\" on web-07\\n\"") != std::string::npos);
}

TEST_CASE("a fact that is cut off at any byte is damaged or shorter, never outside") {
  const std::string bytes = one_fact(sample());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    FactView view;
    CHECK_FALSE(read_one_fact(std::string_view(bytes).substr(0, n), view));
  }
  FactView whole;
  REQUIRE(read_one_fact(bytes, whole));
  std::size_t readable = 0;
  for (std::size_t n = 0; n <= whole.fields.size(); ++n) {
    const std::string copy(whole.fields.substr(0, n));  // so that a sanitizer sees a read beyond it
    IncidentOpened back;
    readable += read_fact(copy, back);
  }
  // Only a cut between two fields looks like a fact of an older version: 10 numbers and 13 texts,
  // whose sizes and bytes count as one field each where the text is empty.
  CHECK(readable >= 20);
  CHECK(readable < 60);
}

TEST_CASE("fields that a later version appended are skipped") {
  std::string fields;
  const FactView view = [&] {
    static std::string bytes;
    bytes = one_fact(sample());
    FactView v;
    REQUIRE(read_one_fact(bytes, v));
    return v;
  }();
  fields = std::string(view.fields) + "more of it";
  IncidentOpened back;
  CHECK(read_fact(fields, back));
  CHECK(back.ci == "web-07");
}

TEST_CASE("an unknown tag and an unknown value stop the reader") {
  FactView view{999, {1}, "", ""};
  CHECK_FALSE(with_fact(view, [](const auto&) {}));
  CHECK(to_text(view) == "unknown fact 999");
  State state;
  CHECK_FALSE(fold(state, view));

  PriorityChanged f;
  f.priority = static_cast<Priority>(77);
  std::string bytes;
  append_fact(bytes, {1}, f);
  REQUIRE(read_one_fact(bytes, view));
  CHECK_FALSE(with_fact(view, [](const auto&) {}));
}

TEST_CASE("a fact about a row that is not there is not from this log") {
  std::string bytes;
  append_fact(bytes, {1}, IncidentAcknowledged{IncidentNumber(1), "ann", "api", PageId(7)});
  FactView view;
  REQUIRE(read_one_fact(bytes, view));
  State state;
  CHECK_FALSE(fold(state, view));
}

TEST_CASE("a payload whose sizes do not add up is damaged") {
  std::string payload(payload_header_bytes, '\0');
  append_fact(payload, {5}, NoteAdded{IncidentNumber(1), "ann", "hello"});
  write_payload_header(payload, {1, 1, {5}, 0});
  const auto damaged = [](std::string_view bytes) {
    PayloadReader reader(bytes);
    FactView fact;
    while (reader.next(fact)) {
    }
    return reader.damaged();
  };
  CHECK_FALSE(damaged(payload));
  CHECK(damaged(payload + "x"));
  for (std::size_t n = 0; n < payload.size(); ++n)
    CHECK(damaged(std::string_view(payload).substr(0, n)));
  write_payload_header(payload, {2, 1, {5}, 0});
  CHECK(damaged(payload));
}

TEST_CASE("rows of a state with everything in it load into an equal state") {
  Desk desk;
  desk.alert("Down", "db-1", "critical", {desk.now.ms});
  desk.alert("Slow", "web-1", "error", {desk.now.ms});
  desk.alert("Gone", "web-2", "error", {desk.now.ms}, true);  // a tombstone
  desk.pass(minutes(7));
  std::map<std::string, std::string> rows;
  const State& s = desk.state;
  s.alerts().each([&](std::uint32_t, const AlertRow& r) {
    rows[row_key(alert_prefix, r.serial().value)] = RowCodec::encode(r);
  });
  s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
    rows[row_key(incident_prefix, r.number.value)] = RowCodec::encode(r);
  });
  s.pages().each([&](std::uint32_t, const PageRow& r) {
    rows[row_key(page_prefix, r.id.value)] = RowCodec::encode(r);
  });
  rows["g"] = RowCodec::encode(s.globals()), rows["t"] = RowCodec::encode(s.totals());
  rows["c"] = s.config_text();
  REQUIRE(rows.size() > 6);

  State back;
  std::uint32_t slot;
  for (auto it = rows.rbegin(); it != rows.rend(); ++it)  // the order does not matter
    REQUIRE(RowCodec::load(back, it->first, it->second, slot));
  RowCodec::loaded(back);
  CHECK(back.canonical() == s.canonical());
  CHECK(back.dirty_rows() == 0);
  REQUIRE(back.next_deadline().has_value());
  CHECK(back.next_deadline()->order() == s.next_deadline()->order());

  // Cut off anywhere a row is refused or shorter; it never reads outside.
  for (const auto& [key, value] : rows)
    for (std::size_t n = 0; n < value.size(); n += 3) {
      State other;
      const std::string copy = value.substr(0, n);
      (void)RowCodec::load(other, key, copy, slot);
    }
  State other;
  CHECK_FALSE(RowCodec::load(other, "", "", slot));
  CHECK_FALSE(RowCodec::load(other, "q", "", slot));
}

TEST_CASE("row keys sort by age") {
  CHECK(row_key('a', 1) < row_key('a', 2));
  CHECK(row_key('a', 255) < row_key('a', 256));
  CHECK(timeline_key(IncidentNumber(1), 300) < timeline_key(IncidentNumber(2), 1));
  CHECK(timeline_key(IncidentNumber(1), 9) < timeline_key(IncidentNumber(1), 10));
}

TEST_CASE("incident numbers as people write them") {
  CHECK(to_text(IncidentNumber(12)) == "INC0000012");
  CHECK(to_text(IncidentNumber(123456789)) == "INC123456789");
  for (const char* text : {"INC0000012", "inc12", "12"})
    CHECK(parse_incident(text) == IncidentNumber(12));
  for (const char* text : {"", "INC", "INC-1", "1x", "99999999999", "INC0000000"})
    CHECK_FALSE(parse_incident(text));
}
