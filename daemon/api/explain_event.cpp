#include "daemon/api/explain_event.hpp"

#include <algorithm>

#include "daemon/api/store_copy.hpp"
#include "rules/classify/classify.hpp"
#include "rules/prepare.hpp"
#include "rules/story.hpp"

namespace tocsin::api {
namespace {

// A rehearsal that remembers its facts.
class Stage {
 public:
  Stage(const std::shared_ptr<const Settings>& settings, const Snapshot& snapshot, StoreCopy copy,
        Wall now)
      : start_(now), rehearsal_(settings, options(std::move(copy))) {
    // What is due already happens first, as it would in the turn of an event.
    rehearsal_.finish(std::max(now, snapshot.globals.wall(snapshot.globals.at)));
    facts_.clear();
  }
  Rehearsal& play() { return rehearsal_; }
  std::size_t told() const { return facts_.size(); }

  // The facts from `from` on that concern the incident or the alert.
  template <class Use>
  void each(std::size_t from, IncidentNumber incident, Fingerprint alert, Use&& use) const {
    for (std::size_t i = from; i < facts_.size(); ++i) {
      FactView view;
      if (!read_one_fact(facts_[i], view)) continue;
      // That a page is delivered is assumed here, so it is not told.
      if (view.tag == FactTag<PageEnded>::value) continue;
      bool ours = false;
      with_fact(view, [&](const auto& f) {
        using F = std::decay_t<decltype(f)>;
        if constexpr (requires { f.alert; }) ours = f.alert == alert;
        if constexpr (ConcernsIncident<F>) ours = ours || (incident && f.incident == incident);
      });
      if (ours) use(view);
    }
  }

  // Until the escalation has told enough, has nothing more to do, or it is late enough.
  void look_ahead(IncidentNumber incident) {
    const Wall end = start_ + looks_ahead;
    const std::size_t from = facts_.size();
    std::size_t steps = 0, seen = from;
    for (std::size_t turns = 0; turns < turns_max && steps < steps_told_max; ++turns) {
      const auto due = rehearsal_.next_due();
      const std::uint32_t slot = rehearsal_.state().incident_slot(incident);
      if (!due || *due > end || slot == no_slot) return;
      if (!rehearsal_.state().incidents().at(slot).unresolved()) return;
      rehearsal_.finish(*due);
      for (; seen < facts_.size(); ++seen) {
        FactView view;
        if (!read_one_fact(facts_[seen], view) || view.tag != FactTag<EscalationStepped>::value)
          continue;
        EscalationStepped step;
        if (!read_fact(view.fields, step) || step.incident != incident) continue;
        ++steps;
        if (step.why == WhyPage::policy_exhausted) return;  // and so on, for ever
      }
    }
  }

 private:
  RehearsalOptions options(StoreCopy copy) {
    RehearsalOptions out;
    out.start = start_;
    out.rows = std::move(copy.rows);
    out.fact = [this](const FactView& view) { facts_.emplace_back(view.bytes); };
    return out;
  }
  Wall start_;
  std::vector<std::string> facts_;
  Rehearsal rehearsal_;
};

// Who would be woken from fact `from` on, and when first.
struct Woken {
  std::vector<std::string> people;
  Wall first{};
};
Woken woken(const Stage& stage, std::size_t from, IncidentNumber incident, const Globals& globals) {
  Woken out;
  stage.each(from, incident, {}, [&](const FactView& view) {
    PageRequested page;
    if (view.tag != FactTag<PageRequested>::value || !read_fact(view.fields, page)) return;
    if (page.kind != PageKind::page) return;
    const std::string who(page.person.empty() ? page.channel : page.person);
    if (out.people.empty()) out.first = globals.wall(view.at);
    if (std::find(out.people.begin(), out.people.end(), who) == out.people.end())
      out.people.push_back(who);
  });
  return out;
}

std::string list(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += (i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") + words[i];
  return out;
}

// One event of a body.
class Telling {
 public:
  Telling(Stage& stage, const AlertBatch& batch, const std::string& integration,
          const Settings& settings)
      : stage_(stage), batch_(batch), integration_(integration), settings_(settings) {}

  Explained run() {
    const State& state = stage_.play().state();
    const Wall now = stage_.play().now();
    alert_ = prepare(batch_, batch_.alerts[0], settings_, state.globals().secret,
                     state.source_slot(integration_), now, settings_.promise(integration_),
                     integration_);
    out_.lines =
        explain_heard(alert_, integration_, state, settings_, state.globals().instant(now));
    const std::size_t from = stage_.told();
    const Heard heard = stage_.play().receive(batch_, integration_)[0];
    heard_at_ = now;
    if (heard.disposition)
      disposed(*heard.disposition);
    else
      held();
    const std::uint32_t slot = state.alert_slot(alert_.fingerprint);
    out_.incident = slot == no_slot ? IncidentNumber{} : state.alerts().at(slot).incident;
    happened(from);
    steps(from);
    return std::move(out_);
  }

 private:
  ExplainLine& say(std::string topic, std::string text, std::string rule = {}) {
    out_.lines.push_back({std::move(topic), std::move(text), std::move(rule), {}, {}});
    return out_.lines.back();
  }
  void disposed(Disposition d) {
    out_.disposition = name(d);
    say("disposition", std::string(name(d)) + ": " + std::string(disposition_words(d)), "BND-2");
  }
  void held() {
    out_.disposition = "held";
    const State& state = stage_.play().state();
    const std::uint32_t slot = state.alert_slot(alert_.fingerprint);
    const Wall due = state.globals().wall(state.alerts().at(slot).due);
    ExplainLine& line = say("disposition", "held: " + std::string(held_words), "BND-6");
    if (settings_.places)
      line.places.push_back(
          settings_.places->of("hold_down." + std::string(name(alert_.severity))));
    say("then", "if it still fires then:").at = due;
    stage_.play().finish(due);
  }

  void happened(std::size_t from) {
    FactExplainer explainer(settings_, stage_.play().state().globals());
    ExplainLines told;
    stage_.each(from, out_.incident, alert_.fingerprint, [&](const FactView& view) {
      if (AlertLinked link; view.tag == FactTag<AlertLinked>::value &&
                            read_fact(view.fields, link) && link.alert == alert_.fingerprint) {
        const Verdict v = classify(alert_, settings_);
        for (ExplainLine& line :
             explain_join(link.why, link.incident, link.ci, v.subcategory, settings_))
          joined_.push_back(std::move(line));
        return;
      }
      explainer.explain(view, told);
    });
    if (IncidentNumber n = out_.incident; joined_.empty() && n)
      say("joins", "it is in " + to_text(n) + " already", "BND-7 a");
    for (auto* lines : {&joined_, &told})
      for (ExplainLine& line : *lines)
        if (!known(line.topic)) out_.lines.push_back(std::move(line));
  }
  // What was said of the event is not said again of its incident.
  bool known(const std::string& topic) const {
    return (topic == "category" || topic == "owner") &&
           std::any_of(out_.lines.begin(), out_.lines.end(),
                       [&](const ExplainLine& l) { return l.topic == topic; });
  }

  void steps(std::size_t from) {
    const State& state = stage_.play().state();
    const IncidentNumber n = out_.incident;
    const std::uint32_t slot = n ? state.incident_slot(n) : no_slot;
    const std::size_t before = stage_.told();
    Priority priority = Priority::P5;
    ExplainLine quiet;
    if (slot != no_slot) {
      const IncidentRow row = state.incidents().at(slot);
      priority = row.priority;
      quiet = explain_quiet(row, *stage_.play().snapshot(), settings_);
      if (row.unresolved() && row.acknowledged_at == never) stage_.look_ahead(n);
      FactExplainer explainer(settings_, state.globals());
      explainer.start_with(priority);
      ExplainLines next;
      stage_.each(before, n, {}, [&](const FactView& view) { explainer.explain(view, next); });
      if (!next.empty()) say("then", "if nobody answers:");
      for (ExplainLine& line : next) out_.lines.push_back(std::move(line));
    }
    const Woken all = woken(stage_, from, n, state.globals());
    out_.somebody_is_woken = !all.people.empty();
    out_.summary = summary(priority, all, quiet);
    if (all.people.empty()) nobody(priority, std::move(quiet));
  }

  std::string summary(Priority priority, const Woken& all, const ExplainLine& quiet) const {
    std::string text = out_.disposition;
    if (out_.incident) text += ", " + to_text(out_.incident) + ", " + std::string(name(priority));
    if (all.people.empty())
      return text + ": nobody is woken" + (quiet.text.empty() ? "" : "; " + quiet.text);
    const bool at_once = all.first <= heard_at_;
    return text + ": wakes " + list(all.people) +
           (at_once ? ", the first at once" : ", the first at " + wall_words(all.first)) +
           ", if nobody answers";
  }

  void nobody(Priority priority, ExplainLine quiet) {
    if (!out_.incident) return void(say("paging", "nobody is woken: it is in no incident"));
    if (!quiet.text.empty()) return void(out_.lines.push_back(std::move(quiet)));
    ExplainLine& line =
        say("paging", "nobody is woken: the escalation of " + std::string(name(priority)) +
                          " informs and pages nobody within " + span_words(looks_ahead));
    if (settings_.places)
      line.places.push_back(settings_.places->of("escalation." + std::string(name(priority))));
  }

  Stage& stage_;
  const AlertBatch& batch_;
  const std::string& integration_;
  const Settings& settings_;
  Prepared alert_;
  Wall heard_at_{};
  ExplainLines joined_;
  Explained out_;
};

AlertBatch only(const AlertBatch& batch, std::size_t i) {
  AlertBatch out;
  out.bytes = batch.text(batch.alerts[i]).bytes();
  out.alerts = {batch.alerts[i]};
  out.alerts[0].text_at = 0;
  return out;
}

}  // namespace

std::vector<Explained> explain_events(const AlertBatch& batch, const std::string& integration,
                                      const std::shared_ptr<const Settings>& settings,
                                      const Snapshot& snapshot, Wall now,
                                      std::vector<std::string>& missing) {
  const std::size_t count = std::min(batch.alerts.size(), events_max);
  std::set<std::string_view> about;
  std::vector<Fingerprint> alerts;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t slot = sources_max;
    for (std::size_t s = 0; s < snapshot.globals.sources.size(); ++s)
      if (snapshot.globals.sources[s] == integration) slot = static_cast<std::uint8_t>(s);
    const Prepared p = prepare(batch, batch.alerts[i], *settings, snapshot.globals.secret, slot,
                               now, Span{}, integration);
    alerts.push_back(p.fingerprint);
    about.merge(neighbourhood(p.ci, *settings));
  }
  StoreCopy copy = copy_store(snapshot, about, alerts);
  if (!copy.whole)
    missing.push_back(
        "the store is large: only incidents of the CIs concerned, of their pools and of what they "
        "depend on were looked at" +
        std::string(copy.cut ? ", and not all of those" : ""));
  if (batch.alerts.size() > count)
    missing.push_back(std::to_string(batch.alerts.size() - count) +
                      " more alerts of this body were left out");
  std::vector<Explained> out;
  Stage stage(settings, snapshot, std::move(copy), now);
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(Telling(stage, only(batch, i), integration, *settings).run());
  return out;
}

ExplainLines explain_next_steps(IncidentNumber incident,
                                const std::shared_ptr<const Settings>& settings,
                                const Snapshot& snapshot, Wall now) {
  const auto row = snapshot.incident(incident);
  ExplainLines out;
  if (!row || !row->unresolved() || row->acknowledged_at != never) return out;
  StoreCopy copy = copy_store(snapshot, neighbourhood(row->words().ci, *settings), {});
  Stage stage(settings, snapshot, std::move(copy), now);
  stage.look_ahead(incident);
  FactExplainer explainer(*settings, snapshot.globals);
  explainer.start_with(row->priority);
  stage.each(0, incident, {}, [&](const FactView& view) { explainer.explain(view, out); });
  return out;
}

}  // namespace tocsin::api
