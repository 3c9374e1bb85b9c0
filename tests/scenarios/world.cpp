// Why this file is long: one short function per command of a scenario.
#include "tests/scenarios/world.hpp"

#include <algorithm>
#include <cstdlib>

#include "config/text.hpp"
#include "connectors/in/syslog/syslog.hpp"
#include "rules/dump.hpp"
#include "rules/invariants.hpp"
#include "rules/prepare.hpp"
#include "rules/story.hpp"

namespace tocsin::scenario {
namespace {

constexpr std::int64_t day_ms = 86'400'000;
constexpr std::int64_t first_day = 1'780'963'200'000;  // 2026-06-09T00:00:00Z

// "09:00:02" or "09:00:02.500" as ms of the day; -1 when it is something else.
std::int64_t clock_ms(const std::string& word) {
  int h = 0, m = 0, s = 0, ms = 0;
  const int n = std::sscanf(word.c_str(), "%d:%d:%d.%d", &h, &m, &s, &ms);
  return n < 3 ? -1 : ((h * 60 + m) * 60 + s) * 1000LL + ms;
}

Span span(const std::string& word) {
  const auto unit = word.find_first_not_of("0123456789");
  const std::int64_t n = std::atoll(word.c_str());
  const std::string u = unit == std::string::npos ? "s" : word.substr(unit);
  if (u == "ms") return milliseconds(n);
  return u == "m" ? minutes(n) : u == "h" ? hours(n) : u == "d" ? hours(24 * n) : seconds(n);
}

using Words = std::vector<std::string>;
std::map<std::string, std::string> options(const Words& words) {
  std::map<std::string, std::string> out;
  for (const auto& word : words)
    if (const auto eq = word.find('='); eq != std::string::npos)
      out[word.substr(0, eq)] = word.substr(eq + 1);
  return out;
}
std::string watchers_text(std::string_view packed) {
  std::string out;
  for (const std::string_view watcher : unpack_watchers(packed))
    out.append(out.empty() ? "" : ", ").append(watcher);
  return out;
}
std::string take(std::map<std::string, std::string>& from, const std::string& key) {
  const auto node = from.extract(key);
  return node.empty() ? std::string() : node.mapped();
}

}  // namespace

World::World(std::string fixture, const Script& script)
    : fixture_(std::move(fixture)), config_(script.config) {
  now_ = first_day + hours(9).ms;
  time_ = TimeText(first_day);
  settings_ = compile(overlay(fixture_, config_));
  if (settings_) start();
  for (const auto& line : out_)
    if (!line.starts_with("BROKEN")) continue;
}

std::shared_ptr<const Settings> World::compile(const std::string& yaml) {
  Loaded loaded = load_text(yaml, "scenario.yaml");
  for (const auto& error : loaded.errors) say("BROKEN configuration: " + to_text(error));
  return loaded.settings;
}

sim::Machine World::machine() const {
  return {now_ - first_day, {now_ + skew_}, "boot-1"};
}

// ---- the life of the process ----

void World::start() {
  const auto random = [this] {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;
    return random_;
  };
  node_ = std::make_unique<sim::Node>(
      store_, [](CrashStep) { return CrashAt::no; }, random);
  const auto stored = [](const std::string& text) { return load_stored(text).settings; };
  if (const auto why = node_->open(machine(), stored, settings_)) {
    say("BROKEN does not start: " + *why);
    node_.reset();
    return;
  }
  if (node_->found.opened.head > 0) say("(started: " + node_->found.message + ")");
  inbox_ = node_->first_works(machine(), settings_);
  turn();
}

void World::crash() {
  inbox_.clear();
  answers_.clear();
  node_.reset();
}

void World::turn() {
  bool more = true;
  while (more) {
    if (const auto step = node_->clock_step(machine()); step && node_->state.globals().epoch)
      inbox_.push_front({node_->now(machine()), Command(*step), {}, 0});
    Turn turn = node_->sequencer->take(inbox_, node_->now(machine()));
    more = turn.more;
    if (turn.seq) {
      PayloadReader reader(turn.payload);
      FactView fact;
      while (reader.next(fact)) say(fact_line(fact, time_));
      if (node_->append(turn) != Append::ok) say("BROKEN the frame could not be written");
    }
    auto released = node_->sequencer->committed(node_->durable);
    for (auto& reply : released.replies)
      if (reply.done) reply.done(reply.answer, reply.seq);
    for (const auto& order : released.orders) send(order);
    if (const auto broken = broken_law(node_->state, *node_->sequencer->settings()))
      say("BROKEN law: " + *broken);
    if (const auto broken = broken_plan(node_->state, *node_->sequencer->settings()))
      say("BROKEN plan: " + *broken);
  }
}

void World::send(const SendOrder& order) {
  say(order_line(order));
  if (const auto at = order.link.find("/a/"); at != std::string::npos) {
    const std::string token = order.link.substr(at + 3);
    const std::string& known = links_.emplace(order.page.value, token).first->second;
    if (known != token && order.attempt > 1) say("(its link is another one now)");
  }
  const Behaviour& b = channels_[order.channel];
  Answering a{now_, {order.page, order.attempt, order.epoch, AttemptOutcome::accepted, "", {}}};
  if (b.how == "refuses")
    a.outcome.outcome = AttemptOutcome::refused, a.outcome.detail = "404 no such endpoint";
  if (b.how == "fails")
    a.outcome.outcome = AttemptOutcome::unknown, a.outcome.detail = "connection reset";
  if (b.how == "hangs") {  // until the shell gives up, which leaves it 5 s to say so
    a.at += std::min(seconds(10).ms, (order.deadline - order.now).ms - seconds(5).ms);
    a.outcome.outcome = AttemptOutcome::unknown, a.outcome.detail = "no answer in time";
  }
  if (b.how == "busy")
    a.outcome.outcome = AttemptOutcome::not_sent, a.outcome.detail = "429",
    a.outcome.retry_after = b.retry_after;
  if (b.how == "slow") a.at += b.retry_after.ms;
  if (b.how != "silent") answers_.push_back(a);
}

// Everything that happens by itself until then, the instant itself included.
void World::advance(std::int64_t to) {
  while (node_) {
    std::int64_t next = INT64_MAX;
    for (const auto& a : answers_) next = std::min(next, a.at);
    if (const auto due = node_->sequencer->next_deadline())
      next = std::min(next, now_ + (*due - node_->now(machine())).ms);
    if (next > to) break;
    now_ = std::max(now_, next);
    for (auto it = answers_.begin(); it != answers_.end();) {
      if (it->at > now_) {
        ++it;
        continue;
      }
      inbox_.push_back({node_->now(machine()), Command(it->outcome), {}, 0});
      it = answers_.erase(it);
    }
    turn();
  }
  now_ = std::max(now_, to);
}

// ---- commands ----

std::int64_t World::read_time(const Words& words, std::size_t& used) const {
  used = 0;
  if (words.empty() || words[0] != "at") return now_;
  used = 2;
  std::int64_t day = 1;
  if (words.size() > 3 && words[1] == "day") day = std::atoll(words[2].c_str()), used = 4;
  if (words.size() < used) return -1;
  const std::int64_t clock = clock_ms(words[used - 1]);
  return clock < 0 ? -1 : first_day + (day - 1) * day_ms + clock;
}

std::vector<std::string> World::run(const Line& line) {
  if (!settings_ || (!node_ && !out_.empty())) return std::exchange(out_, {});
  out_.clear();
  std::size_t used = 0;
  const std::int64_t at = read_time(line.words, used);
  if (at < now_) {
    say("BROKEN this time is over or is none: " + line.text);
    return std::exchange(out_, {});
  }
  // What is due at the very instant of a command comes after it (TIM-4).
  advance(at - 1);
  now_ = at;
  command(line, Words(line.words.begin() + static_cast<std::ptrdiff_t>(used), line.words.end()));
  if (node_) {
    turn();
    advance(at);
  }
  return std::exchange(out_, {});
}

void World::command(const Line& line, const Words& words) {
  const std::string verb = words.empty() ? "wait" : words[0];
  if (verb == "wait") return;
  if (verb == "crash") return say("(the process is gone)"), crash();
  if (verb == "start") return start();
  if (verb == "restart") return crash(), start();
  if (verb == "restore") return restore();
  if (verb == "channel") {
    Behaviour& b = channels_[words.at(1)];
    b.how = words.at(2);
    b.retry_after = words.size() > 3 ? span(words[3]) : Span{};
    return;
  }
  if (!node_) return say("BROKEN the process is not running");
  if (verb == "alert" || verb == "resolved") return alert(words, verb == "resolved");
  if (verb == "syslog") return syslog(words);
  if (verb == "show") return show(words);
  if (verb == "link") return link(words);
  if (verb == "clock") return change_clock(words.at(1));
  if (verb == "lose") return lose(words.at(1));
  if (verb == "backup") {
    backup_ = store_, backup_at_ = {now_ + skew_};
    return say("(backup of frame " + std::to_string(node_->durable) + ")");
  }
  if (verb == "checkpoint")
    return say(node_->checkpoint() ? "(checkpoint written)" : "BROKEN checkpoint failed");
  if (verb == "reload") {
    std::string yaml;
    for (const auto& inner : line.block) yaml += inner + "\n";
    const auto settings = compile(overlay(overlay(fixture_, config_), yaml));
    if (settings) settings_ = settings, give(ApplyConfig{settings, "reload"});
    return;
  }
  act(words);
}

void World::give(Command command) {
  inbox_.push_back({node_->now(machine()), std::move(command),
                    [this](const Answer& answer, std::uint64_t) { say(answer_line(answer)); }, 0});
}

void World::alert(const Words& words, bool resolved) {
  auto labels = options(words);
  IncomingAlert in;
  in.resolved = resolved;
  const auto wall = [&](const std::string& word) {
    if (word.empty()) return Wall{};
    if (word[0] == '-') return Wall{now_ + skew_ - span(word.substr(1)).ms};
    if (word[0] == '+') return Wall{now_ + skew_ + span(word.substr(1)).ms};
    std::int64_t day = (now_ - first_day) / day_ms;
    return Wall{first_day + day * day_ms + clock_ms(word)};
  };
  in.starts_at = wall(take(labels, "starts"));
  in.ends_at = wall(take(labels, "ends"));
  if (const auto cls = tocsin::parse<EventClass>(take(labels, "class"))) in.event_class = *cls;
  const std::string source = take(labels, "source");
  const std::string summary = take(labels, "summary");
  const std::string times = take(labels, "times"), days_left = take(labels, "days_left");
  labels["alertname"] = words.at(1);
  std::vector<Pair> packed(labels.begin(), labels.end()), annotations;
  if (!days_left.empty()) annotations.emplace_back("days_left", days_left);
  if (!summary.empty()) annotations.emplace_back("summary", summary);

  auto batch = std::make_shared<AlertBatch>();
  pack_alert(batch->bytes, packed, annotations, "");
  in.text_size = static_cast<std::uint32_t>(batch->bytes.size());
  batch->alerts.assign(static_cast<std::size_t>(std::max(1, std::atoi(times.c_str()))), in);
  receive(std::move(batch), source.empty() ? "alertmanager" : source);
}

// syslog udp "<27>Mar 11 ..." | syslog tcp "..." times=3
void World::syslog(const Words& words) {
  const auto settings = node_->sequencer->settings();
  const SyslogTransport transport{"192.0.2.7", {now_ + skew_}, words.at(1) != "udp", nullptr};
  auto given = options(Words(words.begin() + 3, words.end()));
  const std::string times = take(given, "times");
  auto batch = std::make_shared<AlertBatch>();
  for (int i = 0; i < std::max(1, std::atoi(times.c_str())); ++i)
    if (const auto instead = decode_syslog(words.at(2), *settings->syslog, transport, *batch))
      inbox_.push_back({node_->now(machine()),
                        Command(CountRejected{node_->state.source_slot(std::string(syslog_source)),
                                              *instead, 1}),
                        {},
                        0});
  receive(std::move(batch), std::string(syslog_source));
}

void World::receive(std::shared_ptr<AlertBatch> batch, const std::string& sender) {
  AlertsRequest request;
  request.batch = std::move(batch);
  request.settings = node_->sequencer->settings();
  request.source = node_->state.source_slot(sender);
  request.received_at = {now_ + skew_};
  for (const IncomingAlert& in : request.batch->alerts)
    request.prepared.push_back(
        prepare(*request.batch, in, *request.settings, node_->state.globals().secret,
                request.source, request.received_at, request.settings->promise(sender), sender));
  request.done = [](bool, std::uint64_t) {};
  inbox_.push_back({node_->now(machine()), std::move(request), {}, 0});
  inbox_.push_back({node_->now(machine()), Command(FlushTallies{}), {}, 0});
}

// link 3: somebody presses the button behind the link of page 3. link 3 forged: with a letter
// changed.
void World::link(const Words& words) {
  const auto it = links_.find(static_cast<std::uint64_t>(std::atoll(words.at(1).c_str())));
  if (it == links_.end()) return say("BROKEN no link was sent with page " + words[1]);
  std::string token = it->second;
  if (words.back() == "forged") token[12] = token[12] == 'A' ? 'B' : 'A';
  give(AcknowledgeByLink{token});
}

// What the shell finds on the disk, whatever its age.
void World::forget() {
  ForgetIncidents c;
  for (const auto& [key, value] : store_.rows)
    if (key[0] == closed_prefix)
      if (const auto found = read_archived(value)) {
        const IncidentRow& row = found->row;
        c.incidents.push_back(
            {row.number, row.resolved_at == never ? row.opened_at : row.resolved_at, row.timeline});
      }
  give(std::move(c));
}

// ack INC1 by bob | note INC1 by bob "text" | resolve INC1 by bob code=.. cause=.. note=".." force
// | close INC1 by dan | confirm-loss by ivan
void World::act(const Words& words) {
  const auto by = std::find(words.begin(), words.end(), "by");
  Actor actor;
  if (by != words.end() && by + 1 != words.end()) actor.person = *(by + 1);
  const auto in = [&](const std::vector<std::string>& people) {
    return std::find(people.begin(), people.end(), actor.person) != people.end();
  };
  for (const Group& g : settings_->groups) {
    if (in(g.members)) actor.roles |= 1u << index(Role::engineer);
    if (g.lead == actor.person) actor.roles |= 1u << index(Role::group_lead);
  }
  for (const auto& [role, people] : settings_->roles)
    if (const auto r = tocsin::parse<Role>(role); r && in(people)) actor.roles |= 1u << index(*r);
  auto given = options(words);
  const IncidentNumber n = words.size() > 1 ? parse_incident(words[1]) : IncidentNumber{};
  if (words[0] == "ack") return give(AcknowledgeIncident{n, actor, "cli"});
  if (words[0] == "note") return give(NoteIncident{n, actor, words.back()});
  if (words[0] == "close") return give(CloseIncident{n, actor, given["reason"]});
  if (words[0] == "hold") {
    HoldIncident c{n,
                   actor,
                   tocsin::parse<HoldReason>(given["reason"]),
                   words.back(),
                   given["ref"],
                   given["question"]};
    const std::string until = given["until"];
    if (until.starts_with("+")) c.lasts = span(until.substr(1));
    return give(std::move(c));
  }
  if (words[0] == "resume" && n) return give(ResumeIncident{n, actor});
  if (words[0] == "major")
    return give(DecideMajor{parse_incident(words.at(2)), actor,
                            tocsin::parse<MajorAct>(words[1]).value_or(MajorAct::propose),
                            given["reason"], given["impact"]});
  if (words[0] == "relate") return give(LinkIncident{n, parse_incident(words.at(2)), actor});
  if (words[0] == "confirm-loss") return give(ConfirmLoss{actor});
  if (words[0] == "resume") return give(ResumePaging{actor});
  if (words[0] == "forget") return forget();
  if (words[0] == "ping") {
    give(PingHeartbeat{words.at(1), node_->state.source_slot(heartbeat_source)});
    return inbox_.push_back({node_->now(machine()), Command(FlushTallies{}), {}, 0});
  }
  if (words[0] == "report") {  // report incident "text" ci=svc-pay by u123 reporter=.. via=mail
    ReportByPerson c{actor,
                     given["reporter"],
                     words.at(2),
                     given["ci"],
                     words[1] == "request",
                     tocsin::parse<Origin>(given["via"]).value_or(Origin::api),
                     parse_incident(given["to"])};
    if (!c.by.roles) c.by.roles = 1u << index(Role::requester);
    give(std::move(c));
    return inbox_.push_back({node_->now(machine()), Command(FlushTallies{}), {}, 0});
  }
  const RequestNumber request = words.size() > 1 ? parse_request(words[1]) : RequestNumber{};
  if (words[0] == "convert" && words.at(1).starts_with("REQ"))
    return give(ConvertRequest{request, actor});
  if (words[0] == "convert") return give(ConvertIncident{n, actor, given["note"]});
  if (words[0] == "take") return give(TakeRequest{request, actor});
  if (words[0] == "done") return give(FinishRequest{request, actor, given["note"]});
  if (words[0] == "refused")  // at the door, which counts it
    return inbox_.push_back({node_->now(machine()),
                             Command(CountRejected{node_->state.source_slot(words.at(1)),
                                                   Disposition::rejected_auth, 1}),
                             {},
                             0});
  if (words[0] == "trouble" && words.size() > 1)
    if (const auto what = tocsin::parse<Trouble>(words[1]))
      return give(
          ReportTrouble{*what, words.size() > 2 ? words[2] : "", words.size() > 3 ? words[3] : ""});
  if (words[0] == "audit") return give(ReportAudit{words.size() > 1 ? words[1] : ""});
  if (words[0] == "drill") return give(StartDrill{actor, words.at(1)});
  if (words[0] == "rotate-link-key") {
    actor.roles |= 1u << index(Role::administrator);
    return give(RotateLinkKey{actor, {++random_, 5, 6, 7}});
  }
  const std::string reason = words.back();
  if (words[0] == "adjust") {
    const auto level = [&](const char* what) {
      return given[what].empty() ? std::nullopt : std::optional(std::atoi(given[what].c_str()));
    };
    return give(AdjustPriority{n, actor, level("impact"), level("urgency"), reason});
  }
  if (words[0] == "override")
    return give(OverridePriority{n, actor, tocsin::parse<Priority>(words.at(2)),
                                 given["for"].empty() ? Span{} : span(given["for"]), reason});
  if (words[0] == "resolve")
    return give(ResolveIncident{n, actor, tocsin::parse<ClosureCode>(given["code"]),
                                tocsin::parse<CauseCode>(given["cause"]), given["note"],
                                words.back() == "force", given["category"]});
  if (words[0] == "categorize")
    return give(CategorizeIncident{n, actor, words.at(2), words.size() > 5 ? reason : ""});
  if (words[0] == "silence" || words[0] == "update" || words[0] == "expire")
    return silence(words, actor);
  if (words[0] == "window" || words[0] == "end-window") return window(words, actor);
  say("BROKEN no such command: " + words[0]);
}

// silence MATCHERS for=2h starts=+1h by ivan comment=".." | update 1 MATCHERS .. | expire 1 by ivan
void World::silence(const Words& words, const Actor& by) {
  const bool known = words[0] != "silence";
  Fingerprint uuid;
  if (known) {
    uuid = {1, 1};  // of no silence
    const auto slot =
        node_->state.silence_slot(SilenceId(std::strtoull(words.at(1).c_str(), nullptr, 10)));
    if (slot != no_slot) uuid = node_->state.silences().at(slot).uuid;
  }
  if (words[0] == "expire") return give(ExpireSilence{by, uuid});
  std::string error;
  const auto matchers = config::parse_matchers(words.at(known ? 2 : 1), error);
  if (!error.empty()) return say("BROKEN matchers: " + error);
  auto given = options(words);
  SetSilence c{by, uuid, pack_matchers(matchers), by.person, given["comment"], {}, {}};
  c.starts_at = {now_ + skew_};
  if (known && given["starts"].empty() && node_->state.silence_slot(uuid) != no_slot)
    c.starts_at = node_->state.silences().at(node_->state.silence_slot(uuid)).starts_at;
  if (const std::string& in = given["starts"]; !in.empty())
    c.starts_at = c.starts_at + span(in.substr(1));
  c.ends_at = std::max(c.starts_at, Wall{now_ + skew_}) + span(given["for"]);
  give(std::move(c));
}

// window web-07,web-08 for=1h starts=+30m by bob reason=".." change=CHG-17 match='..' dependents
// | end-window 1 by bob. `none` instead of the CIs: by match alone.
void World::window(const Words& words, const Actor& by) {
  if (words[0] == "end-window") {
    Fingerprint uuid{1, 1};  // of no window
    const auto slot =
        node_->state.silence_slot(SilenceId(std::strtoull(words.at(1).c_str(), nullptr, 10)));
    if (slot != no_slot) uuid = node_->state.silences().at(slot).uuid;
    return give(EndWindow{by, uuid});
  }
  auto given = options(words);
  AddWindow c;
  c.by = by, c.owner = by.person, c.reason = given["reason"], c.change = given["change"];
  std::string cis = words.at(1) == "none" ? "" : words[1];
  while (!cis.empty()) {
    const auto end = std::min(cis.find(','), cis.size());
    c.cis.push_back(cis.substr(0, end));
    cis.erase(0, end + 1);
  }
  c.dependents = std::find(words.begin(), words.end(), "dependents") != words.end();
  if (const auto at = std::find_if(words.begin(), words.end(),
                                   [](const auto& w) { return w.starts_with("match="); });
      at != words.end()) {
    std::string error;
    c.matchers = pack_matchers(config::parse_matchers(at->substr(6), error));
    if (!error.empty()) return say("BROKEN matchers: " + error);
  }
  c.starts_at = {now_ + skew_};
  if (const std::string& in = given["starts"]; !in.empty())
    c.starts_at = c.starts_at + span(in.substr(1));
  c.ends_at = c.starts_at + span(given["for"]);
  give(std::move(c));
}

void World::change_clock(const std::string& how) {
  if (how[0] == '+')
    skew_ += span(how.substr(1)).ms;
  else if (how[0] == '-')
    skew_ -= span(how.substr(1)).ms;
  else if (how == "2036")
    skew_ = 2'082'758'400'000 - now_;
  else
    skew_ = 0;
}

// The disk forgets its newest frames, and keeps the memory of having acknowledged them.
void World::lose(const std::string& frames) {
  crash();
  for (int i = std::atoi(frames.c_str()); i > 0 && !store_.frames.empty(); --i)
    store_.frames.erase(std::prev(store_.frames.end()));
  start();
}

// The store is gone; another one is made of the backup and started.
void World::restore() {
  crash();
  store_ = backup_;
  store_.locked = false;
  sim::Node node(
      store_, [](CrashStep) { return CrashAt::no; }, [] { return 7; });
  const auto stored = [](const std::string& text) { return load_stored(text).settings; };
  if (const auto why = node.open(machine(), stored, settings_))
    return say("BROKEN does not restore: " + *why);
  if (node.restore({++random_, node.durable, backup_at_, {now_ + skew_}}) != Append::ok)
    return say("BROKEN the frame of the restore could not be written");
  PayloadReader reader(*store_.frames.rbegin()->second.payload);
  for (FactView fact; reader.next(fact);) say(fact_line(fact, time_));
  node.journal.close();
  start();
}

void World::show(const Words& words) {
  const State& s = node_->state;
  const std::string what = words.size() > 1 ? words[1] : "";
  if (what == "timeline") {
    const auto snapshot = node_->state.snapshot();
    const IncidentNumber n = parse_incident(words.at(2));
    for (std::uint32_t i = 1;; ++i) {
      const auto key = timeline_key(n, i);
      const auto* pending = snapshot->archive.find(n, key);
      const auto stored = pending ? std::optional(pending->value) : node_->journal.row(key);
      if (!stored) break;
      const auto entry = read_entry(*stored);
      if (!entry) return say("BROKEN an entry of the timeline cannot be read");
      say(time_(entry->at.ms) + "  " + entry->text);
    }
  } else if (what == "incidents") {
    std::map<IncidentNumber, std::string> rows;
    s.incidents().each([&](std::uint32_t, const IncidentRow& r) {
      const auto w = r.words();
      rows[r.number] =
          std::string(name(r.priority)) + " " + tocsin::to_text(r.number) + " " +
          std::string(state_word(r.state)) + ", " + std::to_string(r.alerts_firing) + " of " +
          std::to_string(r.alerts_total) + " alerts firing" +
          (r.monitoring_silent ? ", monitoring silent" : "") +
          (r.needs_review ? ", to be reviewed" : "") +
          (r.reports ? ", " + std::to_string(r.reports) + " reports" : "") +
          (w.watchers.empty() ? "" : ", watched by " + watchers_text(w.watchers)) +
          (w.owner.empty() ? "" : ", owner " + std::string(w.owner)) +
          (r.on_hold()
               ? ", " + std::string(name(r.hold_reason)) + " until " + time_(r.hold_until.ms)
               : "") +
          (r.major == MajorState::none ? "" : ", major " + std::string(name(r.major))) +
          (w.manager.empty() ? "" : ", led by " + std::string(w.manager)) + ": " +
          std::string(w.title);
    });
    for (const auto& [n, text] : rows) say(text);
    if (rows.empty()) say("(no live incident)");
  } else if (what == "counts") {
    std::uint64_t received = 0;
    for (auto n : s.totals().received) received += n;
    std::string text = "received " + std::to_string(received);
    for (std::size_t i = 0; i < s.totals().dispositions.size(); ++i)
      if (const auto n = s.totals().dispositions[i])
        text += ", " + std::string(name(static_cast<Disposition>(i))) + " " + std::to_string(n);
    say(text + ", held " + std::to_string(s.totals().held));
  } else if (what == "pages") {
    std::map<PageId, std::string> rows;
    s.pages().each([&](std::uint32_t, const PageRow& p) {
      rows[p.id] = std::string(name(p.kind)) + " to " + std::string(p.person()) + " by " +
                   std::string(p.channel()) + ": " +
                   (p.delivered ? "delivered" : std::string(name(p.state))) + ", attempts " +
                   std::to_string(p.attempt) + (p.due == never ? "" : ", due " + time_(p.due.ms));
    });
    for (const auto& [id, text] : rows) say(text);
    if (rows.empty()) say("(no page on record)");
  } else if (what == "alerts") {
    std::map<std::uint64_t, std::string> rows;
    s.alerts().each([&](std::uint32_t, const AlertRow& r) {
      const MutedBy by = r.muted_by();
      rows[r.serial().value] =
          std::string(r.text().label("alertname")) + " on " + std::string(r.ci()) + ", since " +
          time_(r.starts_at.ms) + ": " + std::string(name(r.state)) +
          (by.window.empty()
               ? ""
               : ", muted by " + std::string(by.window) + " of " + std::string(by.owner) +
                     " until " + time_(r.due.ms) + ", " + std::string(by.reason));
    });
    for (const auto& [n, text] : rows) say(text);
    if (rows.empty()) say("(no alert on record)");
  } else if (what == "silences") {
    std::map<SilenceId, std::string> rows;
    s.silences().each([&](std::uint32_t, const SilenceRow& r) {
      if (r.kind != SuppressionKind::silence) return;
      rows[r.id] = std::to_string(r.id.value) + " " + std::string(name(r.state)) + ", " +
                   time_(r.starts_at.ms) + " to " + time_(r.ends_at.ms) + ", by " +
                   std::string(r.words().by) + ": " + matchers_text(r.words().matchers) + ", " +
                   std::string(r.words().comment);
    });
    for (const auto& [id, text] : rows) say(text);
    if (rows.empty()) say("(no silence on record)");
  } else if (what == "heartbeats") {
    for (const auto& [name, slot] : s.heartbeats_by_name()) {
      const HeartbeatRow& r = s.heartbeats().at(slot);
      say(name + ": " + std::string(tocsin::name(r.state)) + " since " + time_(r.since.ms) +
          (r.due == never ? "" : ", due " + time_(r.due.ms)) + (r.excused ? ", excused" : ""));
    }
    if (s.heartbeats().size() == 0) say("(no heartbeat is expected)");
  } else if (what == "requests") {
    std::map<RequestNumber, std::string> rows;
    s.requests().each([&](std::uint32_t, const RequestRow& r) {
      const auto w = r.words();
      rows[r.number] =
          tocsin::to_text(r.number) + " " + std::string(name(r.state)) +
          (w.reporter.empty() ? "" : ", for " + std::string(w.reporter)) +
          (w.taken_by.empty() ? "" : ", with " + std::string(w.taken_by)) +
          (w.done_by.empty() ? "" : ", done by " + std::string(w.done_by)) +
          (r.incident ? (r.was_incident() ? ", was " : ", is ") + tocsin::to_text(r.incident)
                      : "") +
          ": " + std::string(w.title);
    });
    for (const auto& [n, text] : rows) say(text);
    if (rows.empty()) say("(no request on record)");
  } else if (what == "clock") {
    say("elapsed " + time_(node_->now(machine()).ms) + ", wall clock of the log " +
        time_(s.globals().wall(node_->now(machine())).ms));
  } else {
    say("BROKEN nothing to show: " + what);
  }
}

}  // namespace tocsin::scenario
