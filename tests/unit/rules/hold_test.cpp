// What waits: for how long, for whom, and what ends it.
#include <catch2/catch.hpp>

#include "rules/holds.hpp"
#include "rules/process/business_days.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

const Actor ann{"ann", 1u << index(Role::engineer) | 1u << index(Role::incident_manager)};
constexpr std::int64_t thursday = 1'781'188'200'000;  // 2026-06-11T14:30:00Z

struct Waiting : Desk {
  Waiting() : Desk(small_settings()) {
    alert("Slow", "web", "warning", Wall{now.ms});
    pass(minutes(4));
    REQUIRE(give(AcknowledgeIncident{IncidentNumber(1), ann, "api"}).code == Answer::Code::done);
  }
  HoldIncident wait(HoldReason reason, Span lasts = {}) {
    return {IncidentNumber(1), ann,           reason, "somebody else has to move",
            "CHG-1",           "since when?", {},     lasts};
  }
};

}  // namespace

TEST_CASE("business days are the same time of day, over a weekend and over holidays") {
  const auto s = small_settings();
  CHECK(business_days_after(*s, "", Wall{thursday}, 1).ms == thursday + hours(24).ms);
  CHECK(business_days_after(*s, "", Wall{thursday}, 2).ms == thursday + hours(4 * 24).ms);
  CHECK(business_days_after(*s, "", Wall{thursday}, 5).ms == thursday + hours(7 * 24).ms);
  CHECK(business_days_after(*s, "", Wall{thursday + hours(48).ms}, 1).ms ==
        thursday + hours(4 * 24).ms);

  auto by_day = std::make_shared<Calendar>();
  for (int day = 0; day < 5; ++day) by_day->week[day] = {{8 * 3600, 18 * 3600}};
  by_day->dates[days_of(2026, 6, 12)] = {};
  s->calendars["day"] = by_day;
  Ci service;
  service.id = "svc", service.ci_class = service_class, service.hours = "day";
  s->cis = {service};
  s->ci_by_name["svc"] = 0;
  CHECK(business_days_after(*s, "svc", Wall{thursday}, 1).ms == thursday + hours(4 * 24).ms);
}

TEST_CASE("a service that is never open has no business days, and its holds end all the same") {
  const auto s = small_settings();
  s->calendars["closed"] = std::make_shared<Calendar>();
  Ci service;
  service.id = "svc", service.ci_class = service_class, service.hours = "closed";
  s->cis = {service};
  s->ci_by_name["svc"] = 0;
  CHECK(business_days_after(*s, "svc", Wall{thursday}, 5).ms < thursday + hours(24 * 420).ms);
}

TEST_CASE("at the very instant of its end it goes on, and not a millisecond before") {
  Waiting d;
  REQUIRE(d.give(d.wait(HoldReason::observing_fix, hours(2))).code == Answer::Code::done);
  CHECK(d.incident(1).on_hold());
  d.pass(milliseconds(hours(2).ms - 1));
  CHECK(d.incident(1).on_hold());
  d.pass(milliseconds(1));
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.written<HoldEnded>().back().why == WhyHoldEnded::its_end);
}

TEST_CASE("its clock stands still while it waits, and what touches is one pause") {
  Waiting d;
  d.give(d.wait(HoldReason::awaiting_change, hours(2)));
  const Instant from = d.now;
  d.pass(hours(1));
  CHECK(unpack_pauses(d.incident(1).words().pauses).back().to == never);
  d.give(d.wait(HoldReason::awaiting_problem, hours(2)));
  d.give(ResumeIncident{IncidentNumber(1), ann});
  d.give(d.wait(HoldReason::awaiting_problem, hours(2)));
  d.pass(hours(1));
  d.give(ResumeIncident{IncidentNumber(1), ann});
  const auto pauses = unpack_pauses(d.incident(1).words().pauses);
  REQUIRE(pauses.size() == 1);
  CHECK(pauses[0].from == from);
  CHECK(pauses[0].to == from + hours(2));
  CHECK(d.incident(1).holds == 2);
  d.give(d.wait(HoldReason::awaiting_vendor, hours(2)));
  d.pass(hours(1));
  CHECK(unpack_pauses(d.incident(1).words().pauses).size() == 1);
}

TEST_CASE("a caller is asked again twice, and the incident resolved for want of an answer") {
  Desk d;
  d.give(ReportByPerson{
      {"u1", 1u << index(Role::requester)}, "", "it is slow", "", false, Origin::form});
  REQUIRE(d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"}).code == Answer::Code::done);
  d.give(HoldIncident{
      IncidentNumber(1), ann, HoldReason::awaiting_caller, "asked", "", "where?", {}, {}});
  REQUIRE(d.incident(1).hold_resolves);
  const Instant end = d.incident(1).hold_until;
  CHECK(end == d.now + hours(7 * 24));  // it is a Monday
  d.pass(milliseconds((end - d.now).ms - 1));
  CHECK(d.written<CallerReminded>().size() == 2);
  CHECK(d.incident(1).on_hold());
  d.pass(milliseconds(1));
  CHECK(d.incident(1).state == IncidentState::resolved);
  CHECK(d.incident(1).code == ClosureCode::no_response_from_caller);
}

TEST_CASE("the answer is that of whoever reported it") {
  Desk d;
  const auto report = [&](const char* who, const char* text) {
    return d.give(ReportByPerson{{who, 1u << index(Role::requester)},
                                 "",
                                 text,
                                 "",
                                 false,
                                 Origin::form,
                                 IncidentNumber(text[0] == 'i' ? 0 : 1)});
  };
  report("u1", "it is slow");
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.give(HoldIncident{
      IncidentNumber(1), ann, HoldReason::awaiting_caller, "asked", "", "where?", {}, {}});
  CHECK(report("u2", "here").code == Answer::Code::invalid);
  CHECK(d.incident(1).on_hold());
  CHECK(report("u1", "here").code == Answer::Code::done);
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.written<HoldEnded>().back().why == WhyHoldEnded::answered);
}

TEST_CASE("an alert that becomes worse ends it, one that is repeated or better does not") {
  Desk d;
  AlertBatch batch;
  batch.bytes = pack({{"alertname", "Slow"}, {"ci", "web"}});
  IncomingAlert in;
  in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
  in.starts_at = Wall{d.now.ms};
  batch.alerts.push_back(in);
  const auto fire = [&](Severity severity) {
    const Wall received = d.state.globals().wall(d.now);
    Prepared p =
        prepare(batch, batch.alerts[0], *d.settings, d.state.globals().secret, 0, received);
    p.severity = severity;
    d.give(ReceiveAlert{&p, 0, received});
  };
  fire(Severity::error);
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.give(HoldIncident{
      IncidentNumber(1), ann, HoldReason::observing_fix, "restarted it", "", "", {}, hours(2)});
  fire(Severity::error);
  fire(Severity::warning);
  CHECK(d.incident(1).on_hold());
  fire(Severity::error);  // as bad as it has been
  CHECK(d.incident(1).on_hold());
  fire(Severity::critical);
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.written<HoldEnded>().back().why == WhyHoldEnded::higher_severity);
}

TEST_CASE("what is missing is said by the name of its field, and nothing is written") {
  Waiting d;
  const auto fields = [&](const HoldIncident& c) {
    const Answer a = d.give(c);
    CHECK(a.code == Answer::Code::invalid);
    std::string out;
    for (const auto& [field, why] : a.fields) out += field + " ";
    return out;
  };
  HoldIncident c = d.wait(HoldReason::awaiting_vendor);
  c.reference.clear(), c.note.clear();
  CHECK(fields(c) == "note reference ");
  c = d.wait(HoldReason::awaiting_caller);
  c.question.clear();
  CHECK(fields(c) == "question ");
  CHECK(fields(d.wait(HoldReason::customer_deferred)) == "until ");
  CHECK(fields(d.wait(HoldReason::observing_fix, hours(24 * 9))) == "until ");
  c = d.wait(HoldReason::observing_fix);
  c.reason.reset();
  CHECK(fields(c) == "reason ");
  CHECK(d.written<HoldStarted>().empty());
}

TEST_CASE("a store that never held anything is what it was") {
  Waiting d;
  const std::string before = d.state.canonical();
  d.give(
      HoldIncident{IncidentNumber(1), {"bob", 0}, HoldReason::observing_fix, "n", "", "", {}, {}});
  CHECK(d.state.canonical() == before);
}

TEST_CASE("who is asked whether it is over and puts it on hold has answered") {
  Desk d;
  d.alert("Down", "web", "error", Wall{d.now.ms});
  d.settings->restored_prompt_timeout = minutes(60);
  d.give(OverridePriority{IncidentNumber(1), ann, Priority::P2, {}, "the board is watching"});
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.alert("Down", "web", "error", Wall{d.now.ms}, true);
  d.pass(minutes(40));
  REQUIRE(d.incident(1).prompted);
  REQUIRE(d.give(HoldIncident{IncidentNumber(1),
                              ann,
                              HoldReason::observing_fix,
                              "watching it",
                              "",
                              "",
                              {},
                              hours(5)})
              .code == Answer::Code::done);
  d.pass(hours(4));
  CHECK(d.incident(1).on_hold());
  d.pass(hours(1));
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.incident(1).verify_due != never);
  d.pass(minutes(40));
  CHECK(d.incident(1).prompted);
}

TEST_CASE("holds without number: pauses are bounded, the count is full and does not wrap") {
  Waiting d;
  for (int i = 0; i < 70; ++i) {
    REQUIRE(d.give(d.wait(HoldReason::awaiting_change, hours(2))).code == Answer::Code::done);
    d.pass(minutes(1));
    REQUIRE(d.give(ResumeIncident{IncidentNumber(1), ann}).code == Answer::Code::done);
    d.pass(minutes(1));
  }
  CHECK(unpack_pauses(d.incident(1).words().pauses).size() == pauses_max);
  CHECK(d.incident(1).holds == 70);
}

TEST_CASE("a report that names its incident raises the format of the store") {
  Desk d;
  const Actor u1{"u1", 1u << index(Role::requester)};
  d.give(ReportByPerson{u1, "", "it is slow", "", false, Origin::form});
  const ReportByPerson more{u1, "", "here", "", false, Origin::form, IncidentNumber(1)};
  REQUIRE(d.give(more).code == Answer::Code::done);
  CHECK(d.state.globals().format >= 6);
}

TEST_CASE("an answer of the caller in a note: its revision is the one after the hold ended") {
  Desk d;
  const Actor u1{"u1", 1u << index(Role::requester) | 1u << index(Role::engineer)};
  d.give(ReportByPerson{u1, "", "it is slow", "", false, Origin::form});
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.give(HoldIncident{
      IncidentNumber(1), ann, HoldReason::awaiting_caller, "asked", "", "where?", {}, {}});
  const Answer a = d.give(NoteIncident{IncidentNumber(1), u1, "in the list of orders"});
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(a.revision == d.incident(1).revision);
}

TEST_CASE("what came due twice while nothing ran is asked once") {
  Desk d;
  const Actor u1{"u1", 1u << index(Role::requester)};
  d.give(ReportByPerson{u1, "", "it is slow", "", false, Origin::form});
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.give(HoldIncident{
      IncidentNumber(1), ann, HoldReason::awaiting_caller, "asked", "", "where?", {}, {}});
  d.now = d.now + hours(24 * 4);
  d.pass(seconds(1));
  REQUIRE(d.written<CallerReminded>().size() == 1);
  CHECK(d.written<CallerReminded>()[0].reminder == 2);
}

TEST_CASE("a parent on hold goes on when the storm gives it a child that nobody has heard of") {
  auto s = small_settings();
  s->storm_alerts = 3;
  for (const char* id : {"a", "b", "x", "y"}) {
    Ci ci;
    ci.id = id, ci.ci_class = "host";
    if (id[0] <= 'b') ci.site = "attic";
    s->ci_by_name[ci.id] = static_cast<std::uint32_t>(s->cis.size());
    s->cis.push_back(ci);
  }
  s->dependencies = {static_cast<std::uint32_t>(s->cis.size()), {}};
  Desk d(s);
  const auto fail = [&](const char* ci) { d.alert("Down", ci, "error", Wall{d.now.ms}); };
  fail("a"), fail("x"), fail("y");
  REQUIRE(d.state.globals().storm.on);
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  REQUIRE(d.give(HoldIncident{IncidentNumber(1),
                              ann,
                              HoldReason::awaiting_change,
                              "the switch is changed",
                              "CHG-9",
                              "",
                              {},
                              hours(9)})
              .code == Answer::Code::done);
  fail("b");
  REQUIRE(d.incident(4).parent == IncidentNumber(1));
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.written<HoldEnded>().back().by == "INC0000004");
}
