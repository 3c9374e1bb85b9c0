// What is found out about an event before anything is decided.
#include <algorithm>

#include "rules/classify/classify.hpp"
#include "rules/explain.hpp"
#include "rules/heartbeats.hpp"
#include "rules/intake/forecast.hpp"
#include "rules/model/inhibit.hpp"
#include "rules/set_aside.hpp"
#include "rules/story.hpp"
#include "rules/windows.hpp"

namespace tocsin {
namespace {

constexpr std::size_t silences_said_max = 5;

std::string q(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// "30 days", "2.5 days": what is less than a tenth is left out.
std::string days_words(Span span) {
  const std::int64_t tenths = span.ms / (hours(24).ms / 10);
  std::string out = std::to_string(tenths / 10);
  if (tenths % 10 != 0) out += "." + std::to_string(tenths % 10);
  return out + (tenths == 10 ? " day" : " days");
}

class Hearing {
 public:
  Hearing(const Prepared& alert, std::string_view source, const State& state,
          const Settings& settings, Instant now)
      : alert_(alert),
        source_(source),
        state_(state),
        settings_(settings),
        now_(now),
        verdict_(classify(alert, settings)) {
    if (alert.heartbeat >= 0 &&
        static_cast<std::size_t>(alert.heartbeat) < settings.heartbeats.size())
      missed_ = &settings.heartbeats[static_cast<std::size_t>(alert.heartbeat)];
    if (alert.rule >= 0 && static_cast<std::size_t>(alert.rule) < settings.rules.size())
      rule_ = &settings.rules[static_cast<std::size_t>(alert.rule)];
  }

  ExplainLines run() {
    heard();
    known();
    ci();
    severity();
    event_class();
    category();
    owner();
    muted();
    silences();
    hold_down();
    return std::move(out_);
  }

 private:
  ExplainLine& say(std::string topic, std::string text, std::string rule = {},
                   const std::vector<std::string>& keys = {}) {
    ExplainLine line{std::move(topic), std::move(text), std::move(rule), {}, {}};
    for (const std::string& key : keys)
      if (settings_.places) line.places.push_back(settings_.places->of(key));
    out_.push_back(std::move(line));
    return out_.back();
  }
  std::string rule_key() const { return "rules." + rule_->id; }
  std::string told(Instant at) const {
    return at == never ? std::string("nobody knows when") : wall_words(state_.globals().wall(at));
  }

  void heard() {
    const auto integration = std::string(source_);
    std::string text =
        (alert_.resolved ? "an end, by " : "an alert that fires, by ") +
        (source_ == syslog_source ? std::string("syslog") : "integration " + integration) + ": " +
        q(verdict_.name);
    if (const auto labels = alert_.text.labels().size())
      text += ", " + std::to_string(labels) + (labels == 1 ? " label" : " labels");
    if (source_ == syslog_source) {
      const std::string rule(alert_.text.label("rule"));
      say("heard", text + ", by rule " + rule + " of syslog", rule, {"syslog_rules." + rule});
    } else if (missed_) {
      say("heard", text + ": heartbeat " + missed_->name + " is silent", "BND-11", {missed_->key});
    } else {
      say("heard", text, "BND-3", {"integrations." + integration});
    }
    if (alert_.time_suspect)
      say("heard",
          "its start is too old or in the future, so its sender's clock is not believed and the "
          "receipt counts",
          "TIM-6", {"dispositions.max_event_age", "dispositions.clock_skew_tolerance"});
  }

  void known() {
    const std::uint32_t slot = state_.alert_slot(alert_.fingerprint);
    if (slot == no_slot)
      return void(say("known", "no alert with these labels from this source is known", "BND-3"));
    const AlertRow& row = state_.alerts().at(slot);
    const std::string since = wall_words(row.starts_at);
    std::string text;
    switch (row.state) {
      case AlertState::held:
        text = "the same labels are held back already, until " + told(row.due);
        break;
      case AlertState::firing:
        text = "the same labels fire since " + since;
        break;
      case AlertState::stale:
        text = "the same labels fired since " + since + ", and went stale: silence is not health";
        break;
      case AlertState::resolved:
        text = "the same labels fired from " + since + " to " + wall_words(row.ends_at);
        break;
      case AlertState::tombstone:
        text = "an end of the same labels came before: " + wall_words(row.ends_at);
        break;
      case AlertState::count_:
        break;
    }
    if (row.incident) text += ", in " + to_text(row.incident);
    if (row.severity != alert_.severity)
      text += "; its severity was " + std::string(name(row.severity));
    say("known", text, "BND-4");
  }

  // The first label that leads to the CI, as find_ci() asks them.
  std::string_view label_of_ci() const {
    for (const auto& label : settings_.ci_labels) {
      const auto value = alert_.text.label(label);
      if (value.empty()) continue;
      if (alert_.ci_match == CiMatch::discovered) return label;
      std::string lower(value);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      for (const std::string& word : {lower, lower.substr(0, lower.rfind(':'))}) {
        const auto it = settings_.ci_by_name.find(word);
        if (it != settings_.ci_by_name.end() && settings_.cis[it->second].id == alert_.ci)
          return label;
      }
    }
    return {};
  }

  void ci() {
    const std::string id(alert_.ci), key = "cis." + id, label(label_of_ci());
    switch (alert_.ci_match) {
      case CiMatch::exact:
        say("ci", "about " + id + ": label " + label + " has its id", "exact", {key});
        break;
      case CiMatch::alias:
        say("ci", "about " + id + ": label " + label + " is another name of it", "alias", {key});
        break;
      case CiMatch::matcher:
        say("ci", "about " + id + ": its matchers fit the labels", "matcher", {key});
        break;
      case CiMatch::discovered:
        say("ci",
            "about " + id + ": label " + label +
                " names it, and it is in no inventory, so nothing is known of it",
            "discovered", {key, "ci_labels"});
        break;
      case CiMatch::group:
        say("ci", "about no CI: it belongs to the alerts of " + id, "group",
            {"correlation.group_by"});
        break;
      case CiMatch::none:
      case CiMatch::count_: {
        std::string labels;
        for (const auto& one : settings_.ci_labels) labels += (labels.empty() ? "" : ", ") + one;
        say("ci", "about no CI: it has none of the labels " + labels, "none", {"ci_labels"});
        break;
      }
    }
  }

  void severity() {
    const std::string is(name(alert_.severity));
    if (rule_ && rule_->severity)
      return void(
          say("severity", is + ": rule " + rule_->id + " sets it", rule_->id, {rule_key()}));
    auto word = alert_.text.label("severity");
    if (word.empty()) word = alert_.text.annotation("severity");
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (word.empty())
      say("severity", is + ": it says none, so it has the default", "", {"severities.default"});
    else if (parse<Severity>(lower))
      say("severity", is + ": it says so");
    else if (settings_.severity_aliases.count(lower))
      say("severity", is + ": it says " + q(word) + ", which means that here", "",
          {"severities." + lower});
    else
      say("severity", is + ": it says " + q(word) + ", which means nothing here, so the default",
          "", {"severities." + lower, "severities.default"});
  }

  void event_class() {
    const auto aside = set_aside(alert_, settings_);
    const auto alive =
        missed_ ? std::vector<std::uint32_t>{} : heartbeats_of(settings_, alert_.text);
    for (const std::uint32_t place : alive)
      say("class", "a sign of life of heartbeat " + settings_.heartbeats[place].name, "BND-5",
          {settings_.heartbeats[place].key});
    if (rule_ && rule_->event_class)
      say("class", std::string(name(alert_.event_class)) + ": rule " + rule_->id + " sets it",
          rule_->id, {rule_key()});
    else if (alert_.event_class != EventClass::alert && alive.empty())
      say("class", std::string(name(alert_.event_class)) + ": its sender says so", "BND-5");
    if (is_forecast(verdict_.symptom) && alert_.event_class == EventClass::alert) forecast();
    if (aside) say("class", std::string(disposition_words(*aside)), "BND-5");
  }
  void forecast() {
    const auto left = time_left(alert_.text);
    std::string text = "a forecast that does not say in " + std::string(days_left_name) +
                       " how much time is left: like any other alert";
    if (left)
      text = "a forecast that leaves " +
             (left->ms < 0 ? std::string("no time") : days_words(*left)) + ", " +
             (*left > settings_.forecast_horizon ? "more than " : "not more than ") +
             days_words(settings_.forecast_horizon);
    say("class", text, "BND-5", {"dispositions.forecast_horizon"});
  }

  void category() {
    const std::string is = std::string(verdict_.category) + "/" + std::string(verdict_.subcategory);
    const std::string symptom = ", symptom " + std::string(verdict_.symptom) + " (" +
                                std::string(symptom_word(verdict_.symptom)) + ")";
    if (missed_)
      say("category", is + symptom + ": heartbeat " + missed_->name + " says so",
          std::string(verdict_.rule), {missed_->key});
    else if (verdict_.rule == "m010")
      say("category", is + symptom + ": labels category and subcategory say so", "m010");
    else if (rule_ && verdict_.rule == rule_->id)
      say("category", is + symptom + ": rule " + rule_->id + " is the first that fits", rule_->id,
          {rule_key()});
    else if (verdict_.rule == "m999")
      say("category", is + symptom + ": no rule fits, and the class of the CI says nothing", "m999",
          {"rules"});
    else
      say("category", is + symptom + ": no rule sets one, so what the class of the CI stands for",
          std::string(verdict_.rule), {"cis." + std::string(alert_.ci), "rules"});
  }

  void owner() {
    const std::string group(verdict_.group);
    const Ci* ci = settings_.ci(alert_.ci);
    if (group.empty()) return void(say("owner", "nobody: there is no group", "", {"groups"}));
    if (missed_ && !missed_->group.empty())
      say("owner", group + ": heartbeat " + missed_->name + " says so", missed_->key,
          {missed_->key, "groups." + group});
    else if (rule_ && !rule_->group.empty())
      say("owner", group + ": rule " + rule_->id + " sets it", rule_->id,
          {rule_key(), "groups." + group});
    else if (ci && !ci->group.empty())
      say("owner", group + ": it owns " + ci->id, "", {"cis." + ci->id, "groups." + group});
    else
      say("owner", group + ": nobody else is named, so the default group", "",
          {"default_group", "groups." + group});
  }

  // Of one that people made there is nothing in the files.
  std::vector<std::string> key_of_window(const std::string& id) const {
    for (const MaintenanceWindow& window : settings_.windows)
      if (window.id == id) return {"maintenance." + id};
    return {};
  }

  // By a window or by what fires; said only where it is.
  void muted() {
    if (alert_.resolved || alert_.event_class != EventClass::alert) return;
    const bool unknown = alert_.time_suspect || alert_.starts_at.ms == 0;
    const Wall wall = state_.globals().wall(now_);
    if (const auto by = covering(state_, settings_, now_, alert_.ci, alert_.text,
                                 unknown ? wall : alert_.starts_at))
      say("maintenance",
          "window " + by->window + " of " + by->owner + " suppresses it until " +
              wall_words(state_.globals().wall(by->until)) + ": " + by->reason,
          "BND-5", key_of_window(by->window));
    if (const auto by = inhibited(state_, settings_, alert_.text)) {
      const InhibitRule& rule = settings_.inhibit[by->rule];
      say("inhibition",
          "rule " + rule.id + " of " + rule.owner +
              " keeps it from paging while a source fires: " + rule.reason,
          rule.id, {"inhibit." + rule.id});
    }
  }

  void silences() {
    std::vector<SilenceId> found;
    state_.silence_index().each_fit(alert_.text, [&](std::uint32_t slot) {
      const SilenceRow& row = state_.silences().at(slot);
      if (row.covers(now_)) found.push_back(row.id);
    });
    std::sort(found.begin(), found.end());
    if (found.empty()) return void(say("silences", "no silence covers it"));
    for (std::size_t i = 0; i < found.size() && i < silences_said_max; ++i) {
      const SilenceRow& row = state_.silences().at(state_.silence_slot(found[i]));
      const SilenceWords w = row.words();
      say("silences", "silence " + uuid_text(row.uuid) + " of " + std::string(w.by) +
                          " covers it until " + wall_words(row.ends_at) +
                          (w.comment.empty() ? std::string() : ": " + std::string(w.comment)) +
                          "; tocsin silence expire ends it")
          .at = row.ends_at;
    }
    if (found.size() > silences_said_max)
      say("silences", std::to_string(found.size() - silences_said_max) + " more silences cover it");
  }

  void hold_down() {
    if (alert_.resolved || set_aside(alert_, settings_)) return;
    const Span span = settings_.hold_down[index(alert_.severity)];
    const std::string severity(name(alert_.severity));
    if (span.ms == 0)
      say("hold-down", "none: what is " + severity + " counts at once", "BND-6",
          {"hold_down." + severity});
    else
      say("hold-down",
          "what is " + severity + " waits " + span_words(span) +
              " before it opens an incident; what finds one joins at once",
          "BND-6", {"hold_down." + severity});
  }

  const Prepared& alert_;
  std::string_view source_;
  const State& state_;
  const Settings& settings_;
  Instant now_;
  Verdict verdict_;
  const Rule* rule_ = nullptr;
  const Heartbeat* missed_ = nullptr;  // the one that the alert is about
  ExplainLines out_;
};

}  // namespace

ExplainLines explain_heard(const Prepared& alert, std::string_view source, const State& state,
                           const Settings& settings, Instant now) {
  return Hearing(alert, source, state, settings, now).run();
}

}  // namespace tocsin
