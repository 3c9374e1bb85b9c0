// What came in is read back from the facts of the log.
#include <catch2/catch.hpp>

#include "tests/unit/replay/service.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

Instant at(std::int64_t minute) {
  return morning + minutes(minute);
}

std::string said(const RecordedEvent& e) {
  const AlertText text(e.text);
  return std::string(text.label("alertname")) + (e.resolved ? " over" : " fires");
}

}  // namespace

TEST_CASE("an alert, its change and its end are three events; repeats are counted") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    s.hear({at(1), "Down", "db-1", "critical", "prom", "first words", false, {}, {1000}});
    s.hear({at(2), "Down", "db-1", "critical", "prom", "first words", false, {}, {1000}});
    s.hear({at(3), "Down", "db-1", "critical", "prom", "other words", false, {}, {2000}});
    s.hear({at(4), "Down", "db-1", "critical", "prom", "", true});
    s.finish(at(5));
  }
  const Record r = record_of(store);
  REQUIRE(r.events.size() == 3);
  CHECK(said(r.events[0]) == "Down fires");
  CHECK(r.events[0].at == at(1));
  CHECK(r.events[0].starts_at == Wall{1000});
  CHECK(AlertText(r.events[0].text).annotation("summary") == "first words");
  CHECK(r.sources[r.events[0].source] == "prom");
  CHECK(AlertText(r.events[1].text).annotation("summary") == "other words");
  CHECK(r.events[1].before == 0);
  CHECK(said(r.events[2]) == "Down over");
  CHECK(r.events[2].ends_at == Wall{at(4).ms});
  CHECK(r.events[0].incident == IncidentNumber(1));
  CHECK(r.events[1].incident == IncidentNumber(1));
  CHECK(r.repeats == 1);
  CHECK(r.known_before == 0);
}

TEST_CASE("an alert falls silent where it did") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    for (int i = 0; i < 8; ++i)
      s.hear({at(i), "Down", "db-1", "critical", "prom", "", false, {}, {1000}});
    s.finish(at(40));
    s.hear({at(41), "Down", "db-1", "critical", "prom", "", false, {}, {1000}});
    s.finish(at(42));
  }
  const Record r = record_of(store);
  REQUIRE(r.events.size() == 2);
  CHECK(r.events[0].ends_at == Wall{at(7).ms} + minutes(5));
  CHECK(r.events[1].ends_at == until_cleared);
}

TEST_CASE("what was set aside is there with its words, as its sender called it") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    s.hear({at(1), "Backup", "db-1", "info"});
    s.hear({at(2), "Deploy", "web-1", "warning", "own", "", false, EventClass::change});
    s.hear({at(3), "Backup", "db-1", "info", "prom", "", true});
    s.finish(at(5));
  }
  const Record r = record_of(store);
  REQUIRE(r.events.size() == 3);
  CHECK(said(r.events[0]) == "Backup fires");
  CHECK(r.events[1].sent_as == EventClass::change);
  CHECK(said(r.events[2]) == "Backup over");
  CHECK_FALSE(r.events[0].incident);
}

TEST_CASE("what fires when the record begins is known from before") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    s.hear({at(1), "Old", "db-1"});
    s.hear({at(2), "Gone", "db-2"});
    s.hear({at(3), "Gone", "db-2", "critical", "prom", "", true});
    s.hear({at(4), "Quiet", "web-1"});
    for (int i = 5; i < 69; i += 3) {
      s.hear({at(i), "Old", "db-1"});
      s.hear({at(i + 1), "Quiet", "web-1"});
    }
    s.hear({at(70), "New", "db-1"});
    s.hear({at(71), "Old", "db-1", "critical", "prom", "", true});
    s.finish(at(72));
  }
  const Record r = record_of(store, minutes(10));
  CHECK(r.begin == r.end - minutes(10));
  REQUIRE(r.events.size() == 4);
  CHECK(said(r.events[0]) == "Old fires");
  CHECK(r.events[0].known_before);
  CHECK(r.events[0].at == r.begin);
  CHECK(said(r.events[1]) == "Quiet fires");
  CHECK(said(r.events[2]) == "New fires");
  CHECK(said(r.events[3]) == "Old over");
  CHECK(r.events[3].before == 0);
  CHECK(r.known_before == 2);
}

TEST_CASE("where the log does not reach back, the rows know what fired") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    s.hear({at(1), "Old", "db-1"});
    s.hear({at(2), "Short", "db-2"});
    s.finish(at(3));
    s.checkpoint();
    s.hear({at(4), "Between", "db-2"});
    s.checkpoint();
    s.hear({at(5), "New", "web-1"});
    s.hear({at(6), "Short", "db-2", "critical", "prom", "", true});
    s.finish(at(7));
  }
  store.frames.erase(store.frames.begin(), store.frames.upper_bound(store.marker.trimmed_to));
  const Record r = record_of(store);
  CHECK(r.begin > at(3));
  CHECK(r.begin <= at(4));
  REQUIRE(r.events.size() == 5);
  CHECK(said(r.events[0]) == "Old fires");
  CHECK(said(r.events[1]) == "Short fires");
  CHECK(r.events[1].known_before);
  CHECK(said(r.events[2]) == "Between fires");
  CHECK(said(r.events[3]) == "New fires");
  CHECK(said(r.events[4]) == "Short over");
  CHECK(r.without_text == 0);
}

TEST_CASE("silences and what people did are told apart") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    const Actor ann{"ann", ~0u};
    Matcher m;
    m.label = "ci", m.value = "db-1";
    SetSilence silence;
    silence.by = ann, silence.matchers = pack_matchers({m});
    silence.comment = "work", silence.ends_at = Wall{at(30).ms};
    const Answer made = s.give(silence);
    REQUIRE(made.code == Answer::Code::done);
    s.hear({at(1), "Down", "db-2"});
    s.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
    s.advance(at(2));
    s.give(ExpireSilence{ann, parse_uuid(made.id)});
    s.finish(at(5));
  }
  const Record r = record_of(store);
  REQUIRE(r.silences.size() == 2);
  CHECK(r.silences[0].what == RecordedSilence::What::made);
  CHECK(r.silences[1].what == RecordedSilence::What::ended);
  REQUIRE(r.left_out.size() == 1);
  CHECK(r.left_out[0].what == "acknowledged");
  CHECK(r.left_out[0].by == "ann");
}
