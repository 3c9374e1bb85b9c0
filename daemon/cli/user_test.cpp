#include "daemon/cli/user_test.hpp"

#include <algorithm>
#include <map>

#include "connectors/in/syslog/syslog.hpp"
#include "daemon/cli/expectation.hpp"
#include "daemon/cli/sample_body.hpp"
#include "daemon/rehearsal/rehearsal.hpp"
#include "rules/classify/classify.hpp"
#include "rules/model/silence.hpp"
#include "rules/prepare.hpp"
#include "rules/story.hpp"

namespace tocsin::cli {
namespace {

using config::duration_text;

std::string yes(bool b) {
  return b ? "true" : "false";
}

// What an actor is told when it did not work.
std::string refusal(const Answer& answer) {
  std::string out = answer.message.empty() ? "refused" : answer.message;
  for (const auto& [field, why] : answer.fields)
    if (why != answer.message) out += "; " + field + ": " + why;
  return out;
}

class Player {
 public:
  Player(const UserTest& test, const Loaded& config, Mapper& mapper)
      : test_(test),
        config_(config),
        settings_(*config.settings),
        mapper_(mapper),
        stage_(without_people(config.settings), options()) {}

  TestResult run() {
    std::vector<std::pair<Span, const UserEvent*>> events;
    for (const UserEvent& e : test_.events)
      for (std::uint32_t i = 0; i < e.times; ++i)
        events.emplace_back(Span{e.at.ms + e.every.ms * i}, &e);
    std::stable_sort(events.begin(), events.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    auto next = events.begin();
    const auto happen_until = [&](Span at) {
      for (; next != events.end() && next->first <= at; ++next) {
        at_ = next->first;
        stage_.advance(test_.start + at_);
        happen(*next->second);
      }
    };
    for (const UserExpectation& expected : test_.expectations) {
      happen_until(expected.at);
      at_ = expected.at;
      stage_.finish(test_.start + at_);
      hold_against(expected);
    }
    happen_until(UserTestLimits::lasts_at_most);
    config::sort_diagnostics(result_.failures);
    return std::move(result_);
  }

 private:
  struct Page {
    Span at;
    PageRequested fact;
    std::string person, channel;
  };

  RehearsalOptions options() {
    RehearsalOptions out;
    out.start = test_.start;
    out.fact = [this](const FactView& view) { saw(view); };
    out.channel = [this](const SendOrder& order, Wall) {
      const auto it = channels_.find(order.channel);
      ChannelReply reply;
      if (it != channels_.end() && it->second != AttemptOutcome::accepted)
        reply.outcome = it->second, reply.detail = "the test says so";
      return reply;
    };
    return out;
  }

  // ---- what is written down on the way ----

  void saw(const FactView& view) {
    with_fact(view, [&](const auto& fact) { note(fact, view); });
  }
  template <class F>
  void note(const F& f, const FactView& view) {
    const Span at = Wall{view.at.ms} - test_.start;
    if constexpr (std::is_same_v<F, PageRequested>)
      pages_.push_back({at, f, std::string(f.person), std::string(f.channel)});
    if constexpr (std::is_same_v<F, AlertLinked>) joins_[f.alert] = f.why;
    if constexpr (std::is_same_v<F, IncidentOpened>)
      reasons_[f.incident] = std::string(f.priority_reason);
    if constexpr (std::is_same_v<F, PriorityChanged>) reasons_[f.incident] = std::string(f.reason);
    if constexpr (ConcernsIncident<F>)
      if (f.incident)
        if (const auto entry = read_entry(view.bytes))
          tell(at, to_text(f.incident) + ": " + entry->text);
  }
  void tell(Span at, const std::string& text) {
    std::string time = duration_text(at);
    time.resize(std::max<std::size_t>(time.size(), 8), ' ');
    result_.story.push_back(time + " " + text);
  }
  void fail(const config::Mark& mark, std::string message) {
    result_.failures.push_back({*mark.file, mark.line, mark.column, std::move(message)});
  }
  void take(std::vector<Diagnostic> failures) {
    for (Diagnostic& d : failures) result_.failures.push_back(std::move(d));
  }
  std::string when() const { return "at " + duration_text(at_) + ": "; }

  // ---- what happens ----

  void happen(const UserEvent& e) {
    switch (e.kind) {
      case UserEvent::Kind::alert:
      case UserEvent::Kind::resolved:
        return receive(e, made_of(e), sender(e));
      case UserEvent::Kind::body:
        return post(e);
      case UserEvent::Kind::syslog:
        return line(e);
      case UserEvent::Kind::channel:
        if (!settings_.channel(e.text)) fail(e.mark, "there is no channel '" + e.text + "'");
        channels_[e.text] = e.answers;
        return;
      default:
        return act(e);
    }
  }

  // Empty: the configuration has no such integration, and that is said.
  std::string sender(const UserEvent& e) {
    const auto& known = config_.body.integrations;
    if (e.from.empty()) {
      for (const std::string& name : settings_.sources)
        if (name != syslog_source) return name;
      return "generic";
    }
    if (std::none_of(known.begin(), known.end(),
                     [&](const Integration& i) { return i.name == e.from; }) &&
        std::find(settings_.sources.begin(), settings_.sources.end(), e.from) ==
            settings_.sources.end())
      return fail(e.mark, "there is no integration '" + e.from + "'"), "";
    return e.from;
  }

  AlertBatch made_of(const UserEvent& e) const {
    AlertBatch batch;
    const auto views = [](const auto& list) { return std::vector<Pair>(list.begin(), list.end()); };
    pack_alert(batch.bytes, views(e.labels), views(e.annotations), "");
    IncomingAlert in;
    in.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    in.resolved = e.kind == UserEvent::Kind::resolved;
    in.event_class = e.event_class;
    if (e.starts_at) in.starts_at = test_.start + *e.starts_at;
    if (e.ends_at) in.ends_at = test_.start + *e.ends_at;
    batch.alerts.push_back(in);
    return batch;
  }

  void receive(const UserEvent& e, const AlertBatch& batch, const std::string& from) {
    if (from.empty()) return;
    std::size_t i = 0;
    for (const Heard& heard : stage_.receive(batch, from)) {
      const AlertText text = batch.text(batch.alerts[i]);
      const Prepared alert = prepare(batch, batch.alerts[i++], settings_, Fingerprint{}, 0,
                                     stage_.now(), settings_.promise(from), from);
      std::string_view called = text.label("alertname");
      if (called.empty()) called = text.label("key");
      tell(at_, std::string(called) + (alert.resolved ? " resolved: " : " fires: ") +
                    disposition(heard));
      if (e.expect) hold_against(*e.expect, heard, alert);
    }
  }

  static std::string disposition(const Heard& heard) {
    return heard.disposition ? std::string(name(*heard.disposition)) : "held";
  }

  void post(const UserEvent& e) {
    const std::string from = sender(e);
    if (from.empty()) return;
    const auto& known = config_.body.integrations;
    const auto it = std::find_if(known.begin(), known.end(),
                                 [&](const Integration& i) { return i.name == from; });
    if (it == known.end()) return fail(e.mark, "a body needs the integration that reads it: from");
    const Decoded decoded = read_sample(*it, mapper_, e.text, stage_.now());
    std::vector<std::string> refused = decoded.sentences();
    if (decoded.failure != DecodeFailure::none) refused = {decoded.message};
    for (const std::string& why : refused) aside(e, from, Disposition::rejected_malformed, why);
    if (decoded.failure == DecodeFailure::none) receive(e, decoded.batch, from);
  }

  void line(const UserEvent& e) {
    AlertBatch batch;
    SyslogTransport transport;
    transport.peer = "192.0.2.1", transport.received_at = stage_.now(), transport.may_clear = true;
    const auto instead = decode_syslog(e.text, *settings_.syslog, transport, batch);
    if (instead)
      return aside(e, std::string(syslog_source), *instead,
                   *instead == Disposition::unmatched ? "no rule wants it" : "");
    receive(e, batch, std::string(syslog_source));
  }

  // It ends before a decision: right when it was expected to.
  void aside(const UserEvent& e, const std::string& from, Disposition d, const std::string& why) {
    stage_.reject(from, d);
    tell(at_, std::string(name(d)) + (why.empty() ? "" : ": " + why));
    ++result_.checks;
    const auto wanted = [&](const auto& key) { return key.first == "disposition"; };
    if (e.expect && std::any_of(e.expect->keys.begin(), e.expect->keys.end(), wanted))
      return take(compare(*e.expect, Found{"", {{"disposition", std::string(name(d))}}}, when()));
    if (d != Disposition::unmatched || e.expect)
      fail(e.mark,
           when() + "it was not taken: " + std::string(name(d)) + (why.empty() ? "" : ", " + why));
  }

  Actor actor(const std::string& person) const {
    Actor out{person, 0};
    const auto is = [&](const std::string& other) { return other == person; };
    for (const Group& g : settings_.groups) {
      if (std::any_of(g.members.begin(), g.members.end(), is))
        out.roles |= 1u << index(Role::engineer);
      if (g.lead == person) out.roles |= 1u << index(Role::group_lead);
    }
    for (const auto& [role, people] : settings_.roles)
      if (const auto r = parse<Role>(role); r && std::any_of(people.begin(), people.end(), is))
        out.roles |= 1u << index(*r);
    for (const Token& token : config_.body.tokens)
      if (token.person == person) out.roles |= token.roles;
    return out;
  }

  void act(const UserEvent& e) {
    const IncidentNumber n = parse_incident(e.text);
    const Actor by = actor(e.by);
    Answer answer;
    switch (e.kind) {
      case UserEvent::Kind::acknowledge:
        answer = stage_.give(AcknowledgeIncident{n, by, "test"});
        break;
      case UserEvent::Kind::note:
        answer = stage_.give(NoteIncident{n, by, e.note});
        break;
      case UserEvent::Kind::resolve:
        answer = stage_.give(ResolveIncident{n, by, e.code, e.cause, e.note, e.force});
        break;
      case UserEvent::Kind::close:
        answer = stage_.give(CloseIncident{n, by});
        break;
      default:
        answer = silence(e, by);
        break;
    }
    if (answer.code != Answer::Code::done && answer.code != Answer::Code::already)
      fail(e.mark, when() + refusal(answer));
  }

  Answer silence(const UserEvent& e, Actor by) {
    std::string error;
    const auto matchers = config::parse_matchers(e.text, error);
    if (!error.empty()) {
      Answer out;
      out.code = Answer::Code::invalid, out.message = "in the matchers '" + e.text + "': " + error;
      return out;
    }
    if (by.person.empty()) by = {"test", 1u << index(Role::incident_manager)};
    return stage_.give(SetSilence{by,
                                  {},
                                  pack_matchers(matchers),
                                  by.person,
                                  e.comment,
                                  stage_.now(),
                                  stage_.now() + e.lasts});
  }

  // ---- what is expected ----

  void hold_against(const Expected& expected, const Heard& heard, const Prepared& alert) {
    const Verdict v = classify(alert, settings_);
    Found found;
    auto& keys = found.keys;
    keys["disposition"] = disposition(heard);
    keys["ci"] = alert.ci, keys["severity"] = name(alert.severity);
    keys["class"] = name(alert.event_class), keys["rule"] = v.rule;
    keys["category"] = v.category, keys["subcategory"] = v.subcategory;
    keys["symptom"] = v.symptom, keys["group"] = v.group;
    if (const auto row = incident(heard.incident)) {
      keys["incident"] = to_text(heard.incident), keys["priority"] = name(row->priority);
      if (const auto it = joins_.find(heard.alert); it != joins_.end())
        keys["joins"] = name(it->second);
      found.name = "(" + to_text(heard.incident) + ": " + reasons_[heard.incident] + ")";
    }
    result_.checks += expected.keys.size();
    take(compare(expected, found, when()));
  }

  std::optional<IncidentRow> incident(IncidentNumber n) const {
    const std::uint32_t slot = n ? stage_.state().incident_slot(n) : no_slot;
    return slot == no_slot ? std::nullopt : std::optional(stage_.state().incidents().at(slot));
  }

  void hold_against(const UserExpectation& e) {
    if (e.incidents) {
      take(compare(*e.incidents, incidents(), "incident", e.mark, when()));
      result_.checks += 1 + e.incidents->size();
    }
    const std::vector<Page> fresh(pages_.begin() + static_cast<std::ptrdiff_t>(pages_held_),
                                  pages_.end());
    if (e.pages) {
      take(compare(*e.pages, told(fresh, true), "page", e.mark, when()));
      result_.checks += 1 + e.pages->size();
    }
    if (e.messages) {
      take(compare(*e.messages, told(fresh, false), "message", e.mark, when()));
      result_.checks += 1 + e.messages->size();
    }
    if (e.pages || e.messages) pages_held_ = pages_.size();
    if (e.dispositions) {
      const Totals& totals = stage_.state().totals();
      Found found;
      for (std::size_t i = 0; i < totals.dispositions.size(); ++i)
        found.keys[std::string(name(static_cast<Disposition>(i)))] =
            std::to_string(totals.dispositions[i]);
      found.keys["held"] = std::to_string(totals.held);
      take(compare(*e.dispositions, found, when()));
      result_.checks += e.dispositions->keys.size();
    }
  }

  std::vector<Found> incidents() {
    std::map<IncidentNumber, Found> rows;
    stage_.state().incidents().each([&](std::uint32_t, const IncidentRow& r) {
      if (r.state != IncidentState::closed && r.state != IncidentState::cancelled)
        rows[r.number] = found_in(r);
    });
    std::vector<Found> out;
    for (auto& [n, row] : rows) out.push_back(std::move(row));
    return out;
  }

  Found found_in(const IncidentRow& r) {
    const IncidentWords w = r.words();
    Found out;
    out.name = to_text(r.number) + ", " + std::string(name(r.priority)) + " " +
               std::string(w.title) + " (" + reasons_[r.number] + ")";
    const std::pair<const char*, std::string> keys[] = {{"number", to_text(r.number)},
                                                        {"ci", std::string(w.ci)},
                                                        {"priority", std::string(name(r.priority))},
                                                        {"state", std::string(state_word(r.state))},
                                                        {"category", std::string(w.category)},
                                                        {"subcategory", std::string(w.subcategory)},
                                                        {"symptom", std::string(w.symptom)},
                                                        {"group", std::string(w.group)},
                                                        {"owner", std::string(w.owner)},
                                                        {"title", std::string(w.title)},
                                                        {"service", std::string(w.service)},
                                                        {"severity", std::string(name(r.severity))},
                                                        {"impact", std::to_string(r.impact)},
                                                        {"urgency", std::to_string(r.urgency)},
                                                        {"rule", std::string(w.category_rule)},
                                                        {"alerts", std::to_string(r.alerts_total)},
                                                        {"firing", std::to_string(r.alerts_firing)},
                                                        {"held", yes(r.held_until != never)},
                                                        {"reopened", std::to_string(r.reopened)}};
    out.keys.insert(std::begin(keys), std::end(keys));
    return out;
  }

  std::vector<Found> told(const std::vector<Page>& pages, bool woken_only) const {
    std::vector<Found> out;
    for (const Page& p : pages) {
      if (woken_only && p.fact.kind != PageKind::page) continue;
      Found f;
      f.keys = {{"at", duration_text(p.at)},
                {"to", p.person},
                {"by", p.channel},
                {"kind", std::string(name(p.fact.kind))},
                {"incident", to_text(p.fact.incident)},
                {"priority", std::string(name(p.fact.priority))},
                {"why", std::string(name(p.fact.why))}};
      f.name = std::string(name(p.fact.kind)) + " to " +
               (p.person.empty() ? "the channel" : p.person) + " by " + p.channel + " at " +
               f.keys["at"] + " for " + f.keys["incident"];
      out.push_back(std::move(f));
    }
    return out;
  }

  const UserTest& test_;
  const Loaded& config_;
  const Settings& settings_;
  Mapper& mapper_;
  TestResult result_;
  Span at_{};
  std::vector<Page> pages_;
  std::size_t pages_held_ = 0;  // how many an earlier expectation was about
  std::map<Fingerprint, JoinReason> joins_;
  std::map<IncidentNumber, std::string> reasons_;
  std::map<std::string, AttemptOutcome> channels_;
  Rehearsal stage_;
};

}  // namespace

TestResult play(const UserTest& test, const Loaded& config, Mapper& mapper) {
  return Player(test, config, mapper).run();
}

}  // namespace tocsin::cli
