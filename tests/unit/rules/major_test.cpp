// Major incidents: at which instant one is a candidate, who decides, and what that changes.
#include <catch2/catch.hpp>

#include "rules/major.hpp"
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
