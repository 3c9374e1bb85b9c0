// What happened, with the rule and the place of each thing that was decided.
#include <algorithm>

#include "rules/classify/assess.hpp"
#include "rules/explain.hpp"
#include "rules/story.hpp"

namespace tocsin {
namespace {

// The questions of BND-7 in the order in which they are asked.
constexpr JoinReason asked[] = {
    JoinReason::same_fingerprint, JoinReason::same_ci_and_subcategory,
    JoinReason::same_pool,        JoinReason::same_ci_recently,
    JoinReason::upstream,         JoinReason::reopened_same_fingerprint};

std::size_t place_of(JoinReason why) {
  if (why == JoinReason::reopened_same_ci_and_subcategory)
    why = JoinReason::reopened_same_fingerprint;
  const auto it = std::find(std::begin(asked), std::end(asked), why);
  return static_cast<std::size_t>(it - std::begin(asked));
}
// Asked of what has another subcategory, too.
bool of_others(JoinReason why) {
  return why == JoinReason::same_pool || why == JoinReason::same_ci_recently ||
         why == JoinReason::upstream;
}
std::string rule_of(std::size_t place) {
  return std::string("BND-7 ") + static_cast<char>('a' + place);
}

std::vector<Place> places(const Settings& settings, std::initializer_list<std::string> keys) {
  std::vector<Place> out;
  for (const std::string& key : keys)
    if (settings.places && !key.empty()) out.push_back(settings.places->of(key));
  return out;
}

std::vector<Place> places_of_join(const Settings& settings, JoinReason why, std::string_view ci) {
  const Ci* known = settings.ci(ci);
  switch (why) {
    case JoinReason::same_pool:
      if (known && !known->pool.empty())
        return places(settings, {"pools." + known->pool, "cis." + known->id});
      return places(settings, {"cis." + std::string(ci)});
    case JoinReason::same_ci_recently:
      return places(settings, {"correlation.same_ci_window"});
    case JoinReason::upstream:
      return places(settings, {"correlation.upstream_open_window", "cis." + std::string(ci)});
    case JoinReason::reopened_same_fingerprint:
    case JoinReason::reopened_same_ci_and_subcategory:
      return places(settings, {"lifecycle.reopen_window"});
    default:
      return {};
  }
}

std::string in_vain(JoinReason why, const std::string& ci, const std::string& subcategory,
                    const Settings& settings) {
  const Ci* known = settings.ci(ci);
  switch (why) {
    case JoinReason::same_fingerprint:
      return "the same alert is in no open incident";
    case JoinReason::same_ci_and_subcategory:
      return "no open incident of " + ci + " has subcategory " + subcategory;
    case JoinReason::same_pool:
      return known && !known->pool.empty()
                 ? "no other CI of pool " + known->pool + " has an open incident"
                 : ci + " is in no pool";
    case JoinReason::same_ci_recently:
      return "no open incident of " + ci + " is younger than " +
             span_words(settings.same_ci_window);
    case JoinReason::upstream:
      return known ? "nothing that " + ci +
                         " depends on has an open incident that still fires there or is younger "
                         "than " +
                         span_words(settings.upstream_open_window)
                   : ci + " is in no inventory, so it is not known to depend on anything";
    default:
      return "it was in no incident, and no like one of " + ci + " was resolved, in the last " +
             span_words(settings.reopen_window);
  }
}

std::vector<Place> places_of_step(const Settings& settings, Priority priority, std::size_t step) {
  const std::string policy = "escalation." + std::string(name(priority));
  if (!settings.places) return {};
  if (step >= settings.policies[index(priority)].steps.size())  // its repeats, or the catch-all
    return {settings.places->of({policy + ".repeat", policy})};
  const std::string at = "[" + std::to_string(step) + "]";
  return {settings.places->of({policy + at, policy + ".steps" + at, policy})};
}

constexpr std::string_view of_heartbeats = "heartbeats.";

// Where it stands: with its heartbeat, or with the rules.
std::string key_of_rule(std::string_view id) {
  return (id.starts_with(of_heartbeats) ? "" : "rules.") + std::string(id);
}

// Who gave the incident to its group, as far as the configuration of now tells.
std::vector<Place> places_of_owner(const Settings& settings, const IncidentOpened& f) {
  const auto rule = std::find_if(settings.rules.begin(), settings.rules.end(),
                                 [&](const Rule& r) { return r.id == f.category_rule; });
  const std::string group = "groups." + std::string(f.group);
  const bool heartbeat = f.category_rule.starts_with(of_heartbeats);
  const Heartbeat* h =
      heartbeat ? settings.heartbeat(f.category_rule.substr(of_heartbeats.size())) : nullptr;
  if (h && h->group == f.group) return places(settings, {h->key, group});
  if (rule != settings.rules.end() && rule->group == f.group)
    return places(settings, {"rules." + rule->id, group});
  if (const Ci* ci = settings.ci(f.ci); ci && ci->group == f.group)
    return places(settings, {"cis." + ci->id, group});
  return places(settings, {"default_group", group});
}

std::string of_rule(const Settings& settings, std::string_view id) {
  if (id == "m010") return "labels category and subcategory say so";
  if (id.starts_with(of_heartbeats))
    return "heartbeat " + std::string(id.substr(of_heartbeats.size())) + " says so";
  if (id == "m999") return "no rule fits, and the class of the CI says nothing";
  const bool known = std::any_of(settings.rules.begin(), settings.rules.end(),
                                 [&](const Rule& r) { return r.id == id; });
  if (known) return "rule " + std::string(id);
  return id.starts_with("m9")
             ? "no rule sets one, so what the class of the CI stands for, " + std::string(id)
             : "rule " + std::string(id) +
                   ", which the configuration of now does not have any more";
}

}  // namespace

ExplainLines explain_join(JoinReason why, IncidentNumber incident, std::string_view ci,
                          std::string_view subcategory, const Settings& settings) {
  ExplainLines out;
  const bool opened = why == JoinReason::opened_it;
  const std::size_t answer = opened ? std::size(asked) : place_of(why);
  const bool restricted = settings.restricted(subcategory);
  if (restricted)
    out.push_back({"joins",
                   "it is restricted, so it joins nothing but its like",
                   "BND-12",
                   places(settings, {"dispositions.restricted_subcategories"}),
                   {}});
  for (std::size_t i = 0; i < std::size(asked) && i < answer; ++i) {
    if (ci.empty() && i > 0 && i + 1 < std::size(asked)) continue;
    if (restricted && of_others(asked[i])) continue;
    const std::string of(ci.empty() ? "these labels" : ci);
    out.push_back({"joins",
                   in_vain(asked[i], of, std::string(subcategory), settings),
                   rule_of(i),
                   places_of_join(settings, asked[i], ci),
                   {}});
  }
  if (opened)
    out.push_back({"joins", "so it opens " + to_text(incident), "BND-7", {}, {}});
  else if (answer < std::size(asked))
    out.push_back({"joins",
                   "it joins " + to_text(incident) + ": " + story_words(why),
                   rule_of(answer),
                   places_of_join(settings, why, ci),
                   {}});
  else  // a reason that is none of these six: its words say what it is
    out.push_back({"joins", "it joins " + to_text(incident) + ": " + story_words(why), "", {}, {}});
  return out;
}

// One fact.
struct FactCase {
  FactExplainer& e;
  const FactView& view;
  ExplainLines& out;

  const Settings& settings() const { return e.settings_; }
  Wall wall() const { return e.globals_.wall(view.at); }
  ExplainLine& say(std::string topic, std::string text, std::string rule = {},
                   std::vector<Place> at = {}) {
    out.push_back({std::move(topic), std::move(text), std::move(rule), std::move(at), wall()});
    return out.back();
  }
  // In the words of the timeline.
  ExplainLine& story(std::string rule = {}, std::vector<Place> at = {}) {
    auto entry = read_entry(view.bytes);
    return say(entry ? entry->kind : "", entry ? entry->text : "", std::move(rule), std::move(at));
  }
  std::string of_priority(const char* section) const {
    return section + ("." + std::string(name(e.priority_)));
  }
  std::string row_of_matrix(int impact) const {
    return "priority.matrix[" + std::to_string(impact - 1) + "]";
  }
  // Impact, urgency and the cell in which they meet.
  void priority(std::string_view text, int impact, int urgency, std::string_view symptom,
                Severity severity) {
    std::vector<Place> at = places(settings(), {row_of_matrix(impact)});
    for (const std::string& key :
         keys_of(Concern{e.ci_, symptom, severity, {}, wall()}, settings()))
      if (settings().places) at.push_back(settings().places->of(key));
    say("priority",
        std::string(name(e.priority_)) + ", row " + std::to_string(impact) + " and column " +
            std::to_string(urgency) + " of the matrix: " + std::string(text),
        "PRI-2 to PRI-5", std::move(at));
  }

  void on(const IncidentOpened& f) {
    e.priority_ = f.priority, e.ci_ = f.ci, e.subcategory_ = f.subcategory;
    if (f.self) return void(story());
    say("opened", to_text(f.incident) + ": " + std::string(f.title));
    say("category",
        std::string(f.category) + "/" + std::string(f.subcategory) + ", symptom " +
            std::string(f.symptom) + ": " + of_rule(settings(), f.category_rule),
        std::string(f.category_rule), places(settings(), {key_of_rule(f.category_rule)}));
    if (f.group.empty())
      say("owner", "nobody: there is no group", "", places(settings(), {"groups"}));
    else
      say("owner", std::string(f.group), "", places_of_owner(settings(), f));
    priority(f.priority_reason, f.impact, f.urgency, f.symptom, f.severity);
    if (f.recurrence_of)
      say("opened",
          "the same alert was in " + to_text(f.recurrence_of) +
              ", which is over for longer than an incident can be reopened",
          "", places(settings(), {"lifecycle.reopen_window"}));
  }
  void on(const PriorityChanged& f) {
    e.priority_ = f.priority;
    story("PRI-6", places(settings(), {row_of_matrix(f.impact), "cis." + e.ci_}));
  }
  void on(const AlertLinked& f) {
    std::string rule;
    const std::size_t place = place_of(f.why);
    if (f.why != JoinReason::opened_it && place < std::size(asked)) rule = rule_of(place);
    story(std::move(rule), places_of_join(settings(), f.why, f.ci));
  }
  void on(const EscalationStepped& f) {
    story("ESC-1", places_of_step(settings(), e.priority_, f.step));
  }
  void on(const PageRequested& f) {
    std::vector<Place> at;
    if (!f.person.empty()) at = places(settings(), {"people." + std::string(f.person)});
    for (Place& p : places(settings(), {"channels." + std::string(f.channel)}))
      at.push_back(std::move(p));
    story("", std::move(at));
  }
  void on(const ClocksStarted&) { story("SLA-6", places(settings(), {of_priority("sla")})); }
  void on(const ClockPlanned& f) {
    story(f.why == WhyPlanned::recomputed      ? "TIM-7"
          : f.why == WhyPlanned::clock_stepped ? "TIM-7"
          : f.why == WhyPlanned::reprioritised ? "SLA-9"
          : f.why == WhyPlanned::reopened      ? "SLA-10"
          : f.why == WhyPlanned::fires_again   ? "SLA-8"
                                               : "SLA-3",
          places(settings(), {of_priority("sla")}));
  }
  void on(const ClockWarned&) { story("SLA-5", places(settings(), {of_priority("sla")})); }
  void on(const ClockBreached&) { story("SLA-7", places(settings(), {of_priority("sla")})); }
  void on(const ClockEnded&) { story("SLA-7"); }
  void on(const ClockTold&) { story("LCY-15"); }
  void on(const RecoverySeen&) { story("LCY-4", places(settings(), {of_priority("verify")})); }
  void on(const IncidentResolved& f) {
    story(f.by_daemon ? "LCY-5" : "",
          f.by_daemon ? places(settings(), {of_priority("verify")}) : std::vector<Place>{});
  }
  void on(const IncidentClosed& f) {
    story("",
          f.by_daemon ? places(settings(), {"lifecycle.auto_close_after"}) : std::vector<Place>{});
  }
  void on(const IncidentRestricted&) {
    story("BND-12", places(settings(), {"dispositions.restricted_subcategories"}));
  }
  void on(const ExposureConfirmed&) { story("PRI-3"); }
  void on(const KnownErrorMatched& f) {
    story("PRI-5", places(settings(), {"known_errors." + std::string(f.known_error)}));
  }
  void on(const RestoredPrompted&) {
    story("T08", places(settings(), {"lifecycle.restored_prompt_timeout"}));
  }
  void on(const AlertStale&) { story("BND-11", places(settings(), {"lifecycle.resolve_timeout"})); }
  void on(const IncidentReopened&) {
    story("LCY-12", places(settings(), {"lifecycle.reopen_window"}));
  }
  // How a page was carried is told by its end.
  void on(const AttemptStarted&) {}
  void on(const AttemptSettled& f) {
    if (f.outcome != AttemptOutcome::accepted) story();
  }
  void on(const ReassessmentPlanned&) {}
  void on(const MajorReviewPlanned&) {}
  void on(const HoldStarted& f) { story(f.parent ? "LCY-19" : "T05"); }
  void on(const HoldEnded&) { story("T06"); }
  void on(const CallerReminded&) { story("LCY-9"); }
  void on(const MajorProposed& f) {
    const bool manual = f.criterion == MajorCriterion::manual;
    story(manual ? "MI-2" : "MI-" + std::string(name(f.criterion)),
          places(settings(), {"cis." + e.ci_, "roles.major_incident_manager"}));
  }
  void on(const MajorDecided& f) { story(f.by_daemon ? "MI-2" : "MI-3"); }
  template <class F>
  void on(const F& f) {
    if constexpr (ConcernsIncident<F>)
      if (f.incident) story();
  }
};

void FactExplainer::explain(const FactView& fact, ExplainLines& out) {
  with_fact(fact, [&](const auto& f) { FactCase{*this, fact, out}.on(f); });
}

ExplainLine explain_quiet(const IncidentRow& row, const Snapshot& snapshot,
                          const Settings& settings) {
  const IncidentWords w = row.words();
  const Globals& g = snapshot.globals;
  const auto when = [&](Instant at) { return wall_words(g.wall(at)); };
  ExplainLine out{"paging", "", "", {}, {}};
  if (!row.unresolved()) {
    out.text = "nobody is paged: it is " + std::string(state_word(row.state)) +
               (row.resolved_at == never ? "" : " since " + when(row.resolved_at));
  } else if (row.acknowledged_at != never) {
    out.text = "nobody else is paged: " + std::string(w.owner) + " has it since " +
               when(row.acknowledged_at);
    if (row.on_hold()) {
      std::string reason(name(row.hold_reason));
      std::replace(reason.begin(), reason.end(), '_', ' ');
      out.text += ", and it is on hold, " + reason + ", until " + when(row.hold_until);
      out.at = g.wall(row.hold_until);
    }
  } else if (g.paused) {
    out.text = "nobody is paged at all: the store was restored, and paging waits for tocsin resume";
  } else if (row.parent) {
    out.text =
        "nobody is paged for it: " + to_text(row.parent) + ", which it belongs to, speaks for it";
  } else if (row.held_until != never) {
    const bool timed = row.held_until < when_uninhibited;
    out.text =
        "nobody is paged: everything that fires in it is " +
        (w.inhibited_by.empty() ? std::string("silenced")
                                : "inhibited by " + std::string(w.inhibited_by) + " or silenced") +
        (timed ? ", until " + when(row.held_until)
               : std::string(", until what inhibits it has ended"));
    if (timed) out.at = g.wall(row.held_until);
  } else if (row.verify_due != never || row.prompted) {
    out.text = "nobody is paged: all its alerts are clear, and that has to last";
    if (row.verify_due != never) out.text += " until " + when(row.verify_due);
    out.places = places(settings, {"verify." + std::string(name(row.priority))});
  } else if (row.escalate_due == never) {
    out.text = "nobody is paged any more: the escalation of " + std::string(name(row.priority)) +
               " has no further step";
    out.places = places(settings, {"escalation." + std::string(name(row.priority))});
  }
  return out;
}

}  // namespace tocsin
