// What people report: which incident it joins, what it opens, how often, and who watches.
#include <catch2/catch.hpp>

#include "rules/classify/phrases.hpp"
#include "rules/reports.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

// A service that needs a database, and a host.
std::shared_ptr<Settings> company() {
  auto s = small_settings();
  for (const char* id : {"db", "pay", "web"}) {
    Ci ci;
    ci.id = id, ci.ci_class = id == std::string("pay") ? std::string(service_class) : "host";
    s->ci_by_name[ci.id] = static_cast<std::uint32_t>(s->cis.size());
    s->cis.push_back(ci);
  }
  s->ci_by_name["payments"] = 1;
  s->dependencies = {3, {{1, 0, true}}};
  s->tree.categories["application"] = {"latency", "error_rate"};
  s->tree.categories["security"] = {"malware"};
  return s;
}

struct People : Desk {
  People() : Desk(company()) {}
  Answer say(const std::string& text, const std::string& ci = "", const std::string& who = "u1") {
    return give(
        ReportByPerson{{who, 1u << index(Role::requester)}, "", text, ci, false, Origin::form});
  }
  void fire(const std::string& name, const std::string& ci, const std::string& subcategory,
            const std::string& category = "application") {
    alert(name, ci, "critical", Wall{now.ms}, false,
          {{"category", category}, {"subcategory", subcategory}});
  }
  std::size_t pages() const { return written<PageRequested>().size(); }
};

}  // namespace

TEST_CASE("a report joins what is open on its CI, however old, and pages nobody again") {
  People d;
  d.fire("Slow", "pay", "latency");
  d.pass(hours(3));
  const std::size_t pages = d.pages();
  const Answer a = d.say("payments page shows error 500", "Payments");
  CHECK(a.incident == IncidentNumber(1));
  CHECK(a.disposition == Disposition::correlated);
  CHECK(d.pages() == pages);
  CHECK(d.incident(1).reports == 1);
  CHECK(d.incident(1).words().watchers == "u1");
  CHECK(d.written<IncidentReported>().back().why == JoinReason::same_ci);
}

TEST_CASE("what is more urgent than the incident that it joins raises it, and pages") {
  People d;
  d.settings->cis[1].criticality = Criticality::mission_critical;
  d.alert("DiskSoon", "pay", "warning", Wall{d.now.ms}, false,
          {{"category", "application"}, {"subcategory", "latency"}, {"symptom", "S08"}});
  const Priority before = d.incident(1).priority;
  const std::size_t pages = d.pages();
  Desk alone(d.settings);
  alone.give(ReportByPerson{
      {"u1", 1u << index(Role::requester)}, "", "does not open", "pay", false, Origin::form});
  REQUIRE(alone.incident(1).priority < before);
  CHECK(d.say("does not open", "pay").incident == IncidentNumber(1));
  CHECK(d.incident(1).priority == alone.incident(1).priority);
  CHECK(d.pages() > pages);
}

TEST_CASE("who says the same when it is resolved says that it is still broken") {
  People d;
  d.say("it is slow", "web");
  const Actor ann{"ann", 1u << index(Role::service_desk)};
  d.give(AcknowledgeIncident{IncidentNumber(1), ann, "api"});
  d.give(ResolveIncident{IncidentNumber(1), ann, ClosureCode::fixed_permanent, CauseCode::capacity,
                         "a larger machine"});
  REQUIRE(d.incident(1).state == IncidentState::resolved);
  const Answer again = d.say("it is slow", "web");
  CHECK(again.code == Answer::Code::done);
  CHECK(again.disposition == Disposition::reopened);
  CHECK(d.incident(1).unresolved());
}

TEST_CASE("what was converted is no report of who converted it") {
  People d;
  for (std::uint32_t n = 1; n <= RecentReport::of_one_person_max; ++n) {
    d.pass(minutes(6));
    d.give(ReportByPerson{{"u1", 1u << index(Role::requester)},
                          "",
                          "wish " + std::to_string(n),
                          "",
                          true,
                          Origin::form});
  }
  d.pass(minutes(6));
  const Actor ann{"ann", 1u << index(Role::service_desk)};
  for (std::uint32_t n = 1; n <= RecentReport::of_one_person_max; ++n)
    REQUIRE(d.give(ConvertRequest{RequestNumber(n), ann}).code == Answer::Code::done);
  for (const RecentReport& one : d.state.globals().reports) CHECK(one.by != "ann");
  CHECK(d.give(ReportByPerson{ann, "", "everything is down", "db", false, Origin::phone}).code ==
        Answer::Code::done);
}

TEST_CASE("the most urgent incident of a CI is joined, and what it depends on when there is none") {
  People d;
  d.fire("Slow", "db", "latency");
  CHECK(d.say("cannot pay", "pay").incident == IncidentNumber(1));
  CHECK(d.written<IncidentReported>().back().why == JoinReason::upstream);
  d.pass(minutes(20));
  d.fire("Errors", "db", "error_rate");
  const auto more_urgent = d.incident(2).priority < d.incident(1).priority ? 2u : 1u;
  CHECK(d.say("the database is gone", "db").incident == IncidentNumber(more_urgent));
  CHECK(d.say("it is the web", "web").incident == IncidentNumber(3));
  CHECK(d.say("I do not know what it is").incident == IncidentNumber(4));
}

TEST_CASE("what is restricted takes in no report, and the answer does not tell") {
  People d;
  d.fire("Malware", "web", "malware", "security");
  REQUIRE(d.incident(1).restricted);
  const Answer a = d.say("a strange mail", "web");
  CHECK(a.incident == IncidentNumber(2));
  CHECK_FALSE(a.restricted);
  CHECK(d.incident(1).reports == 0);
}

TEST_CASE("without one that is open it is an incident as urgent as a warning, by people") {
  People d;
  const Answer a = d.say("Nothing works", "web");
  CHECK(a.disposition == Disposition::incident_opened);
  const IncidentRow row = d.incident(1);
  CHECK(row.origin == Origin::form);
  CHECK(row.severity == Severity::warning);
  CHECK(row.words().symptom == "S01");
  CHECK(row.words().subcategory == "uncategorized");
  CHECK(row.words().title == "unavailable on web: Nothing works");
  CHECK(row.reports == 1);
  CHECK(d.pages() > 0);
  // The next one joins it, and so does an alert.
  CHECK(d.say("it does not work for me, too", "web", "u2").incident == IncidentNumber(1));
  d.fire("Slow", "web", "latency");
  CHECK(d.incident(1).alerts_firing == 1);
}

TEST_CASE("the same words are one report for five minutes") {
  People d;
  CHECK(d.say("it is slow", "web").code == Answer::Code::done);
  d.pass(milliseconds(minutes(5).ms - 1));
  CHECK(d.say("it is slow", "web").code == Answer::Code::already);
  CHECK(d.say("it is slow", "web", "u2").code == Answer::Code::done);
  CHECK(d.say("it is slow", "db").code == Answer::Code::done);
  d.pass(milliseconds(1));
  const Answer again = d.say("it is slow", "web");
  CHECK(again.code == Answer::Code::done);
  CHECK(d.incident(1).reports == 3);
  CHECK(d.incident(1).words().watchers == "u1\nu2");
}

TEST_CASE("one person reports so much, and all together so much more") {
  People d;
  for (std::size_t i = 0; i < RecentReport::of_one_person_max; ++i)
    CHECK(d.say("it is slow " + std::to_string(i), "web").code == Answer::Code::done);
  CHECK(d.say("it is slow", "web").code == Answer::Code::shed);
  CHECK(d.say("it is slow 1", "web").code == Answer::Code::already);
  for (std::size_t i = RecentReport::of_one_person_max; i < RecentReport::max; ++i)
    CHECK(d.say("slow", "web", "p" + std::to_string(i)).code == Answer::Code::done);
  CHECK(d.say("slow", "web", "one more").code == Answer::Code::shed);
  CHECK(d.state.globals().reports.size() == RecentReport::max);
  CHECK(unpack_watchers(d.incident(1).words().watchers).size() == watchers_max);
  CHECK(d.incident(1).reports == RecentReport::max);
  d.pass(minutes(5));
  CHECK(d.say("slow", "web", "one more").code == Answer::Code::done);
  CHECK(d.state.globals().reports.size() == 1);
}

TEST_CASE("who may report, for whom, and what") {
  People d;
  const auto say = [&](Role role, const std::string& reporter, const std::string& text,
                       const std::string& ci = "", Origin via = Origin::api) {
    return d.give(ReportByPerson{{"ann", 1u << index(role)}, reporter, text, ci, false, via}).code;
  };
  CHECK(say(Role::viewer, "", "slow") == Answer::Code::forbidden);
  CHECK(say(Role::requester, "u7", "slow") == Answer::Code::forbidden);
  CHECK(say(Role::service_desk, "u7", "slow") == Answer::Code::done);
  CHECK(d.incident(1).words().watchers == "u7");
  CHECK(say(Role::service_desk, "u7\nu8", "slow") == Answer::Code::invalid);
  CHECK(say(Role::service_desk, std::string(129, 'u'), "slow") == Answer::Code::invalid);
  CHECK(say(Role::requester, "", " \n") == Answer::Code::invalid);
  CHECK(say(Role::requester, "", std::string(4097, 'x')) == Answer::Code::invalid);
  CHECK(say(Role::requester, "", std::string(4096, 'x')) == Answer::Code::done);
  CHECK(say(Role::requester, "", "slow", "nothing of ours") == Answer::Code::invalid);
  CHECK(say(Role::requester, "", "slow", "", Origin::webhook) == Answer::Code::invalid);
}

TEST_CASE("a question is a request, and repeated the same one") {
  People d;
  const ReportByPerson question{{"u1", 1u << index(Role::requester)},
                                "",
                                "how do I export a report?",
                                "pay",
                                true,
                                Origin::form};
  CHECK(d.give(question).request == RequestNumber(1));
  const Answer again = d.give(question);
  CHECK(again.code == Answer::Code::already);
  CHECK(again.request == RequestNumber(1));
  d.pass(minutes(5));
  CHECK(d.give(question).request == RequestNumber(2));
  CHECK(d.state.incidents().size() == 0);
}

TEST_CASE("what people have reported is not resolved over their heads") {
  People d;
  d.fire("Slow", "web", "latency");
  d.say("it is slow", "web");
  d.alert("Slow", "web", "critical", Wall{d.now.ms}, true,
          {{"category", "application"}, {"subcategory", "latency"}});
  d.pass(hours(2));
  CHECK(d.incident(1).state == IncidentState::new_);
  CHECK(d.incident(1).verify_due == never);
  CHECK(d.written<RecoveryLeftToPeople>().size() == 1);
  d.give(AcknowledgeIncident{IncidentNumber(1), {"ann", 1u << index(Role::service_desk)}, "api"});
  d.give(ResolveIncident{IncidentNumber(1),
                         {"ann", 1u << index(Role::service_desk)},
                         ClosureCode::fixed_permanent,
                         CauseCode::capacity,
                         "moved it to a larger machine"});
  CHECK(d.incident(1).state == IncidentState::resolved);
}

TEST_CASE("a report that comes while the owner is asked ends the time to answer") {
  People d;
  d.fire("Slow", "web", "latency");
  d.give(AcknowledgeIncident{IncidentNumber(1), {"ann", 1u << index(Role::service_desk)}, "api"});
  d.alert("Slow", "web", "critical", Wall{d.now.ms}, true,
          {{"category", "application"}, {"subcategory", "latency"}});
  d.pass(minutes(20));
  REQUIRE(d.incident(1).prompted);
  d.say("still slow", "web");
  d.pass(hours(2));
  CHECK(d.incident(1).state == IncidentState::in_progress);
  CHECK(d.incident(1).prompt_due == never);
}

TEST_CASE("a reported child whose recovery is verified pages after that, not with its parent") {
  People d;
  d.fire("Slow", "pay", "latency");
  d.say("cannot pay", "pay");
  d.fire("Down", "db", "error_rate");
  REQUIRE(d.incident(1).parent == IncidentNumber(2));
  d.alert("Slow", "pay", "critical", Wall{d.now.ms}, true,
          {{"category", "application"}, {"subcategory", "latency"}});
  REQUIRE(d.incident(1).verify_due != never);
  const std::size_t steps = d.written<EscalationStepped>().size();
  const Actor ann{"ann", 1u << index(Role::engineer) | 1u << index(Role::service_desk)};
  d.give(AcknowledgeIncident{IncidentNumber(2), ann, "api"});
  d.alert("Down", "db", "critical", Wall{d.now.ms}, true,
          {{"category", "application"}, {"subcategory", "error_rate"}});
  const Answer a = d.give(ResolveIncident{IncidentNumber(2), ann, ClosureCode::fixed_permanent,
                                          CauseCode::capacity, "put it on another machine"});
  INFO(a.message);
  REQUIRE(a.code == Answer::Code::done);
  d.pass({});
  REQUIRE_FALSE(d.incident(1).parent);
  CHECK(d.written<EscalationStepped>().size() == steps);
  d.pass(d.incident(1).verify_due - d.now);
  CHECK(d.incident(1).state == IncidentState::new_);
  CHECK(d.written<EscalationStepped>().size() == steps + 1);
}

TEST_CASE("words of people are symptoms, the longest phrase first") {
  Settings s;
  CHECK(symptom_said("payments page shows ERROR 500", s) == "S03");
  CHECK(symptom_said("the site is down, with an error", s) == "S01");
  CHECK(symptom_said("I cannot log in", s) == "S06");
  CHECK(symptom_said("terrors of the night", s) == "S99");
  CHECK(symptom_said("", s) == "S99");
  s.phrases = {{"S09", "error"}};
  CHECK(symptom_said("nothing works: error", s) == "S09");
}
