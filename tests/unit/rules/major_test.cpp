// Major incidents: at which instant one is a candidate, who decides, and what that changes.
#include <catch2/catch.hpp>

#include "rules/major.hpp"
#include "rules/model/matcher.hpp"
#include "rules/model/silence.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

const Actor mia{"mia", 1u << index(Role::major_incident_manager)};
const Actor ivan{"ivan", 1u << index(Role::incident_manager)};
constexpr int hosts = 30;

// A mission-critical service, and a switch below which thirty hosts stand.
std::shared_ptr<Settings> company(bool managers) {
  auto s = small_settings();
  const auto add = [&](const std::string& id, const char* cls, Criticality criticality) {
    Ci ci;
    ci.id = id, ci.ci_class = cls, ci.criticality = criticality;
    s->ci_by_name[id] = static_cast<std::uint32_t>(s->cis.size());
    s->cis.push_back(ci);
  };
  for (int i = 0; i < hosts; ++i)
    add("h-" + std::to_string(100 + i), "host", Criticality::important);
  add("pay", "service", Criticality::mission_critical);
  add("switch", "network_switch", Criticality::important);
  std::vector<DependencyGraph::Edge> edges;
  for (std::uint32_t i = 0; i < hosts; ++i) edges.push_back({i, hosts + 1, true});
  s->dependencies = {hosts + 2, edges};
  s->people.push_back({"mia", "", {"pager"}, {}, ""});
  if (managers) s->roles["major_incident_manager"] = {"mia"};
  return s;
}

struct Company : Desk {
  explicit Company(bool managers = true) : Desk(company(managers)) {}
  Answer decide(MajorAct act, const Actor& by, const char* words = "nobody can pay at all") {
    return give(DecideMajor{IncidentNumber(1), by, act, words, words});
  }
  std::size_t proposed() const { return written<MajorProposed>().size(); }
  void break_host(int i) {
    alert("HostDown", "h-" + std::to_string(100 + i), "error", Wall{now.ms});
  }
};

}  // namespace

TEST_CASE("thirty minutes after it opened, in that millisecond, it is a candidate") {
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  REQUIRE(d.incident(1).priority == Priority::P1);
  d.pass(milliseconds(minutes(30).ms - 1));
  CHECK(d.proposed() == 0);
  d.pass(milliseconds(1));
  REQUIRE(d.proposed() == 1);
  CHECK(d.written<MajorProposed>()[0].criterion == MajorCriterion::C1);
  d.pass(milliseconds(minutes(10).ms - 1));
  CHECK(d.incident(1).major == MajorState::candidate);
  d.pass(milliseconds(1));
  CHECK(d.incident(1).is_major());
  CHECK(d.incident(1).words().business_impact == "not yet assessed");
  CHECK(d.incident(1).words().manager.empty());
}

TEST_CASE("who decides at the very instant at which it would be one wins") {
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.pass(milliseconds(minutes(40).ms - 1));
  d.now = d.now + milliseconds(1);
  CHECK(d.decide(MajorAct::reject, mia).code == Answer::Code::done);
  d.pass(hours(1));
  CHECK(d.incident(1).major == MajorState::rejected);
  CHECK(d.proposed() == 1);
}

TEST_CASE("nobody in that role: no rule proposes, and an incident manager declares") {
  Company d(false);
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.pass(hours(2));
  CHECK(d.proposed() == 0);
  CHECK(d.written<MajorReviewPlanned>().empty());
  CHECK(d.decide(MajorAct::accept, ivan).code == Answer::Code::done);
  CHECK(d.incident(1).words().manager == "ivan");
}

TEST_CASE("the twentieth CI below makes it a candidate, with the alert that is its first") {
  Company d;
  d.alert("Down", "switch", "critical", Wall{d.now.ms});
  for (int i = 0; i < 19; ++i) d.break_host(i), d.break_host(i);
  for (int i = 0; i < 19; ++i)
    d.alert("Slow", "h-" + std::to_string(100 + i), "error", Wall{d.now.ms});
  REQUIRE(d.state.globals().next_incident == IncidentNumber(2));
  CHECK(d.proposed() == 0);
  d.break_host(19);
  REQUIRE(d.proposed() == 1);
  CHECK(d.written<MajorProposed>()[0].criterion == MajorCriterion::C3);
  d.break_host(20);
  CHECK(d.proposed() == 1);
}

TEST_CASE("a major incident is resolved and closed by its manager only, and never by itself") {
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  REQUIRE(d.decide(MajorAct::accept, mia).code == Answer::Code::done);
  d.give(AcknowledgeIncident{IncidentNumber(1), mia, "api"});
  d.alert("Down", "pay", "critical", Wall{d.now.ms}, true);
  d.pass(hours(24));
  CHECK(d.incident(1).unresolved());
  const ResolveIncident by_ivan{IncidentNumber(1), ivan, ClosureCode::rolled_back,
                                CauseCode::configuration, "rolled back the release of today"};
  CHECK(d.give(by_ivan).code == Answer::Code::forbidden);
  ResolveIncident by_mia = by_ivan;
  by_mia.by = mia;
  REQUIRE(d.give(by_mia).code == Answer::Code::done);
  d.pass(hours(24 * 30));
  CHECK(d.incident(1).state == IncidentState::resolved);
  CHECK(d.give(CloseIncident{IncidentNumber(1), ivan, "nothing to be learned"}).code ==
        Answer::Code::forbidden);
  CHECK(d.give(CloseIncident{IncidentNumber(1), mia, ""}).code == Answer::Code::reason_required);
  CHECK(d.give(CloseIncident{IncidentNumber(1), mia, "nothing to be learned"}).code ==
        Answer::Code::done);
}

TEST_CASE("who decides, and with which words") {
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  const Actor bob{"bob", 1u << index(Role::engineer)}, guest{"guest", 1u << index(Role::viewer)};
  CHECK(d.decide(MajorAct::propose, guest).code == Answer::Code::forbidden);
  CHECK(d.decide(MajorAct::accept, bob).code == Answer::Code::forbidden);
  CHECK(d.decide(MajorAct::reject, ivan).code == Answer::Code::illegal_transition);
  CHECK(d.decide(MajorAct::accept, ivan, "short").code == Answer::Code::reason_required);
  CHECK(d.decide(MajorAct::propose, bob).code == Answer::Code::done);
  CHECK(d.decide(MajorAct::propose, bob).code == Answer::Code::already);
  CHECK(d.decide(MajorAct::accept, ivan).code == Answer::Code::done);
  CHECK(d.decide(MajorAct::demote, ivan).code == Answer::Code::forbidden);
  CHECK(d.decide(MajorAct::demote, mia).code == Answer::Code::done);
  d.pass(hours(2));
  CHECK(d.incident(1).major == MajorState::demoted);
  CHECK(d.proposed() == 1);
}

TEST_CASE("the page that asks for a decision is not answered by whoever takes the incident") {
  Company d;
  d.settings->channels[1].in_flight_max = 0;  // nothing leaves by pager: pages wait
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.decide(MajorAct::propose, ivan);
  const auto waiting = [&] {
    std::size_t n = 0;
    for (const PageId id : d.state.pages_of(IncidentNumber(1)))
      n += d.state.pages().at(d.state.page_slot(id)).why == WhyPage::major_proposed;
    return n;
  };
  REQUIRE(waiting() == 1);
  d.give(AcknowledgeIncident{IncidentNumber(1), ivan, "api"});
  CHECK(waiting() == 1);
  d.decide(MajorAct::reject, ivan);
  CHECK(waiting() == 0);
}

TEST_CASE(
    "who accepts without the role does not lead: the managers are paged until one of them does") {
  Company d;
  d.settings->channels[1].in_flight_max = 0;  // nothing leaves by pager: pages wait
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  REQUIRE(d.decide(MajorAct::accept, ivan).code == Answer::Code::done);
  CHECK(d.incident(1).is_major());
  CHECK(d.incident(1).words().manager.empty());
  const auto waiting = [&] {
    std::vector<std::string> out;
    for (const PageId id : d.state.pages_of(IncidentNumber(1))) {
      const PageRow& page = d.state.pages().at(d.state.page_slot(id));
      if (page.why == WhyPage::major_accepted && page.kind == PageKind::page)
        out.emplace_back(page.person());
    }
    return out;
  };
  REQUIRE(waiting() == std::vector<std::string>{"mia"});
  d.give(AcknowledgeIncident{IncidentNumber(1), ivan, "api"});
  CHECK(waiting().size() == 1);
  REQUIRE(d.decide(MajorAct::accept, mia).code == Answer::Code::done);
  CHECK(d.incident(1).words().manager == "mia");
  CHECK(waiting().empty());
  CHECK(d.decide(MajorAct::accept, ivan, "something else now").code == Answer::Code::forbidden);
}

TEST_CASE("nobody has a token of that role: whoever may resolve leads, and it is never for ever") {
  Company d;
  d.settings->roles_borne = 1u << index(Role::engineer) | 1u << index(Role::viewer);
  const Actor bob{"bob", 1u << index(Role::engineer)}, guest{"guest", 1u << index(Role::viewer)};
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.give(AcknowledgeIncident{IncidentNumber(1), {"ann", 1u << index(Role::engineer)}, "api"});
  d.pass(minutes(40));
  REQUIRE(d.incident(1).is_major());
  const Actor ann{"ann", 1u << index(Role::engineer)};
  CHECK(d.decide(MajorAct::demote, guest).code == Answer::Code::forbidden);
  CHECK(d.decide(MajorAct::accept, bob).code == Answer::Code::done);
  d.alert("Down", "pay", "critical", Wall{d.now.ms}, true);
  REQUIRE(d.give(ResolveIncident{IncidentNumber(1), ann, ClosureCode::rolled_back,
                                 CauseCode::configuration, "rolled back the release of today"})
              .code == Answer::Code::done);
  CHECK(d.give(CloseIncident{IncidentNumber(1), guest, "nothing to be learned"}).code ==
        Answer::Code::forbidden);
  CHECK(d.give(CloseIncident{IncidentNumber(1), ann, "nothing to be learned"}).code ==
        Answer::Code::done);
}

TEST_CASE("incident managers lead where nobody has a token of the other role") {
  Company d;
  d.settings->roles_borne = 1u << index(Role::incident_manager);
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  REQUIRE(d.decide(MajorAct::accept, ivan).code == Answer::Code::done);
  CHECK(d.incident(1).words().manager == "ivan");
  CHECK(d.decide(MajorAct::demote, ivan).code == Answer::Code::done);
}

TEST_CASE("demoted when it is well already: it is verified anew, and ends by itself") {
  Company d;
  d.alert("Down", "h-100", "error", Wall{d.now.ms});
  REQUIRE(d.incident(1).priority > Priority::P2);
  REQUIRE(d.decide(MajorAct::accept, mia).code == Answer::Code::done);
  d.give(AcknowledgeIncident{IncidentNumber(1), ivan, "api"});
  d.alert("Down", "h-100", "error", Wall{d.now.ms}, true);
  d.pass(hours(2));
  REQUIRE(d.written<RecoveryLeftToPeople>().size() == 1);
  REQUIRE(d.decide(MajorAct::demote, mia).code == Answer::Code::done);
  d.pass(hours(1));
  CHECK_FALSE(d.incident(1).unresolved());
}

TEST_CASE("an override that the daemon has prolonged ends when it is no major incident any more") {
  Company d;
  d.alert("Down", "h-100", "error", Wall{d.now.ms});
  d.give(
      OverridePriority{IncidentNumber(1), ivan, Priority::P1, hours(1), "the board is watching"});
  REQUIRE(d.decide(MajorAct::accept, mia).code == Answer::Code::done);
  d.pass(hours(30));
  CHECK(d.incident(1).locked);
  REQUIRE(d.decide(MajorAct::demote, mia).code == Answer::Code::done);
  d.pass(hours(24));
  CHECK_FALSE(d.incident(1).locked);
  CHECK(d.incident(1).priority > Priority::P1);
}

TEST_CASE("who is named to lead is looked for when the configuration names somebody") {
  Company d(false);
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.pass(hours(1));
  REQUIRE(d.proposed() == 0);
  d.settings = company(true);
  d.settings->hash = d.settings->text = "another";
  d.give(ApplyConfig{d.settings, "reload"});
  d.pass(seconds(1));
  CHECK(d.proposed() == 1);
}

TEST_CASE("its manager hears that all is clear, and whoever owns it") {
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  d.decide(MajorAct::accept, mia);
  d.give(AcknowledgeIncident{IncidentNumber(1), ivan, "api"});
  d.alert("Down", "pay", "critical", Wall{d.now.ms}, true);
  d.pass(hours(1));
  std::vector<std::string> told;
  for (const auto& page : d.written<PageRequested>())
    if (page.why == WhyPage::restored_prompt) told.emplace_back(page.person);
  std::sort(told.begin(), told.end());
  CHECK(told == std::vector<std::string>{"ivan", "mia"});
}

TEST_CASE("while paging is paused nobody proposes, and nobody is taken to have been asked") {
  const PauseForRestore restored{77, 12, {5000}, {6000}};
  Company d;
  d.alert("Down", "pay", "critical", Wall{d.now.ms});
  SECTION("what is none yet is looked at when paging is resumed") {
    d.give(restored);
    d.pass(hours(5));
    CHECK(d.proposed() == 0);
    CHECK(d.written<MajorReviewPlanned>().size() == 2);
    d.give(ResumePaging{ivan});
    d.pass(seconds(0));
    CHECK(d.proposed() == 1);
  }
  SECTION("who was proposed before has ten minutes from the resume") {
    d.pass(minutes(35));
    REQUIRE(d.incident(1).major == MajorState::candidate);
    d.give(restored);
    d.pass(hours(5));
    CHECK(d.incident(1).major == MajorState::candidate);
    d.give(ResumePaging{ivan});
    d.pass(milliseconds(minutes(10).ms - 1));
    CHECK(d.incident(1).major == MajorState::candidate);
    d.pass(milliseconds(1));
    CHECK(d.incident(1).is_major());
  }
}

TEST_CASE("of an outage of many services one incident is a candidate") {
  auto s = company(true);
  for (int i = 0; i < 6; ++i) {
    Ci ci;
    ci.id = "zz-" + std::to_string(i), ci.ci_class = "service";  // they are sorted
    ci.criticality = Criticality::mission_critical;
    s->ci_by_name[ci.id] = static_cast<std::uint32_t>(s->cis.size());
    s->cis.push_back(ci);
  }
  s->dependencies = {static_cast<std::uint32_t>(s->cis.size()), {}};
  Desk d(s);
  const auto fail = [&](int i, bool over = false) {
    d.alert("Down", "zz-" + std::to_string(i), "critical", Wall{d.now.ms}, over);
    d.pass(seconds(1));
  };
  for (int i = 0; i < 5; ++i) fail(i);
  REQUIRE(d.incident(1).priority == Priority::P1);
  REQUIRE(d.written<MajorProposed>().size() == 1);
  CHECK(d.incident(3).major == MajorState::candidate);
  d.give(DecideMajor{IncidentNumber(3), mia, MajorAct::reject, "three different reasons", ""});
  fail(5);
  fail(0, true), fail(0);
  CHECK(d.written<MajorProposed>().size() == 1);
}

TEST_CASE("what a person proposed is not lost with the incident: its parent is proposed") {
  Company d(false);
  const Actor bob{"bob", 1u << index(Role::engineer)};
  d.alert("Down", "h-100", "error", Wall{d.now.ms});
  d.alert("Down", "h-101", "error", Wall{d.now.ms});
  REQUIRE(d.decide(MajorAct::propose, bob, "the whole floor is offline").code ==
          Answer::Code::done);
  REQUIRE(d.give(LinkIncident{IncidentNumber(1), IncidentNumber(2), bob}).code ==
          Answer::Code::done);
  CHECK(d.incident(1).major == MajorState::none);
  CHECK(d.incident(2).major == MajorState::candidate);
  CHECK(d.incident(2).major_criterion == MajorCriterion::manual);
  d.pass(minutes(10));
  CHECK(d.incident(2).is_major());
}

TEST_CASE("what is silenced is planned once, however many alerts join it") {
  Company d;
  std::string why;
  Matcher m{"alertname", Matcher::Op::matches, ".*Down", nullptr};
  REQUIRE(compile_regex(m, why));
  const Wall now = d.state.globals().wall(d.now);
  REQUIRE(d.give(SetSilence{ivan, {}, pack_matchers({m}), "ivan", "why not", now, now + minutes(4)})
              .code == Answer::Code::done);
  d.alert("Down", "switch", "critical", Wall{d.now.ms});
  for (int i = 0; i < hosts; ++i) d.break_host(i);
  REQUIRE(d.incident(1).held_until != never);
  CHECK(d.proposed() == 0);
  CHECK(d.written<MajorReviewPlanned>().size() == 1);
  d.pass(minutes(5));
  CHECK(d.proposed() == 1);
}
