#include "tests/simulation/company.hpp"

#include <algorithm>
#include <cstdio>

#include "rules/heartbeats.hpp"
#include "rules/model/inhibit.hpp"
#include "rules/model/known_error.hpp"
#include "rules/model/matcher_index.hpp"
#include "rules/windows.hpp"

namespace tocsin::sim {
namespace {

Target target(Target::Kind kind, bool page = true) {
  return {kind, "", page};
}

Policy urgent(std::int64_t minute) {
  Policy p;
  p.must_page = true;
  p.steps = {
      {minutes(0), {target(Target::Kind::primary), target(Target::Kind::channel, false)}},
      {minutes(minute), {target(Target::Kind::secondary), target(Target::Kind::primary)}},
      {minutes(2 * minute), {target(Target::Kind::lead)}},
      {minutes(3 * minute), {target(Target::Kind::everyone), {Target::Kind::role, "duty", true}}}};
  p.repeat_from = 1, p.repeat_every = minutes(30), p.repeats_max = 2;
  return p;
}
Policy calm(bool lead) {
  Policy p;
  p.steps = {
      {minutes(0), {target(Target::Kind::channel, false), target(Target::Kind::primary, false)}}};
  if (lead) p.steps.push_back({hours(2), {target(Target::Kind::lead, false)}});
  return p;
}

Rule rule(const char* id, const char* alert, const char* category, const char* subcategory) {
  Rule r;
  r.id = id, r.category = category, r.subcategory = subcategory, r.symptom = "S01";
  r.match = {{"alertname", Matcher::Op::equal, alert, nullptr}};
  return r;
}

void people_and_channels(Settings& s, const Company& c) {
  for (const char* name : {"chat", "pager", "sms"}) {
    Channel channel;
    channel.name = name, channel.kind = "terminal";
    channel.in_flight_max = static_cast<std::uint16_t>(c.slots);
    s.channels.push_back(channel);
  }
  for (const char* id : {"ann", "ben", "cat", "dov", "eve", "fay"})
    s.people.push_back({id, "", {"pager", "sms"}, {"chat"}, ""});
  s.groups = {{"blue", {"ann", "ben"}, "cat", "chat"},
              {"green", {"dov"}, "", "chat"},
              {"grey", {}, "", ""}};
  s.roles["duty"] = {"fay"}, s.roles["major_incident_manager"] = {"fay"};
  s.default_group = "blue";
  s.catch_all_people = {"eve"};
  s.catch_all_channel = "chat";
}

void cis(Settings& s) {
  static constexpr const char* groups[] = {"blue", "green", "grey"};
  for (int i = 0; i < ci_count; ++i) {
    Ci ci;
    ci.id = ci_name(i), ci.ci_class = i % 2 ? "host" : "database";
    ci.criticality = static_cast<Criticality>(i % 4);
    ci.group = groups[i % 3];
    s.ci_by_name[ci.id] = static_cast<std::uint32_t>(i);
    s.cis.push_back(std::move(ci));
  }
}

// The first service fails with a database, the second has two hosts of which it needs one, and a
// third is needed by day only.
void dependencies(Settings& s) {
  for (const int service : {0, 1, 2}) s.cis[service].ci_class = service_class;
  s.cis[6].supports = {s.cis[0].id};
  s.cis[5].pool = s.cis[7].pool = "pair";
  s.pools = {{"pair", {s.cis[1].id}, 1, {5, 7}, {1}}};
  // Two more need that database, one of them through the other; and two stand at one site.
  s.cis[3].depends_on = {s.cis[6].id}, s.cis[4].depends_on = {s.cis[3].id};
  s.cis[2].site = s.cis[7].site = "attic";
  s.dependencies = {ci_count,
                    {{0, 6, true}, {1, 5, false}, {1, 7, false}, {3, 6, true}, {4, 3, true}}};
  auto by_day = std::make_shared<Calendar>();
  by_day->id = s.cis[2].hours = "day";
  for (auto& day : by_day->week) day = {{8 * 3600, 18 * 3600}};
  s.calendars["day"] = std::move(by_day);
}

// Planned work four times a day on three CIs and on what depends on one of them, and once on
// whatever is slow; over midnight, too.
void windows(Settings& s) {
  const auto window = [&](const char* id, std::int64_t hour, Span lasts) -> MaintenanceWindow& {
    MaintenanceWindow w;
    w.id = id, w.owner = "cat", w.reason = "simulated";
    w.schedule.start_s = 1'780'185'600 + hour * 3600;  // 2026-05-31
    w.schedule.lasts = lasts, w.schedule.again = Recurrence{};
    return s.windows.emplace_back(std::move(w));
  };
  static constexpr const char* ids[] = {"w02", "w08", "w14", "w20"};
  for (int i = 0; i < 4; ++i) window(ids[i], 2 + 6 * i, minutes(100)).cis = {"ci-3", "ci-4"};
  MaintenanceWindow& database = window("w6", 23, hours(3));
  database.cis = {"ci-6"}, database.dependents = true;
  window("wslow", 11, hours(2)).match = {{"alertname", Matcher::Op::equal, "Slow", nullptr}};
}

// What is down keeps what is slow or odd on the same CI quiet; an error on one CI keeps the
// warnings of all quiet, itself not: it is no warning.
void inhibitions(Settings& s) {
  const auto is = [](const char* label, Matcher::Op op, const char* value) {
    Matcher m{label, op, value, nullptr};
    std::string why;
    if (op == Matcher::Op::matches) compile_regex(m, why);
    return m;
  };
  using Op = Matcher::Op;
  s.inhibit = {{"down",
                "cat",
                "simulated",
                {is("alertname", Op::equal, "Down")},
                {is("alertname", Op::matches, "Slow|Odd|Down")},
                {"ci"}},
               {"error",
                "cat",
                "simulated",
                {is("severity", Op::equal, "error"), is("ci", Op::equal, "ci-2")},
                {is("severity", Op::equal, "warning")},
                {}}};
}

// Something that pings, and a guard whose alert always fires; by name.
void heartbeats(Settings& s) {
  Heartbeat guard;
  guard.name = "guard", guard.every = hours(3), guard.grace = minutes(30), guard.ci = "ci-4";
  guard.category = "monitoring", guard.subcategory = "agent_down", guard.symptom = "S12";
  guard.severity = Severity::critical;
  guard.match = {{"alertname", Matcher::Op::equal, "Guard", nullptr}};
  Heartbeat pulse;
  pulse.name = "pulse", pulse.every = minutes(10), pulse.grace = minutes(2);
  pulse.category = "application", pulse.subcategory = "job_batch", pulse.symptom = "S09";
  s.heartbeats = {guard, pulse};
}

void vary(Settings& s, Variant variant) {
  switch (variant) {
    case Variant::base:
    case Variant::equivalent:
    case Variant::count_:
      break;
    case Variant::short_policy:
      for (auto& p : s.policies) p.steps.resize(1), p.repeats_max = 0, p.repeat_every = {};
      break;
    case Variant::people_left:
      std::erase_if(s.people, [](const Person& p) { return p.id == "ann" || p.id == "dov"; });
      break;
    case Variant::no_pager:
      std::erase_if(s.channels, [](const Channel& c) { return c.name == "pager"; });
      break;
    case Variant::empty_groups:
      s.windows.clear();
      s.heartbeats.pop_back();
      s.inhibit.clear();
      for (auto& g : s.groups) g.members.clear(), g.lead.clear();
      s.roles.clear();
      break;
    case Variant::other_times:
      for (auto& h : s.hold_down) h = seconds(30);
      for (auto& v : s.verify) v = minutes(3);
      s.auto_close_after = minutes(45);
      for (auto& w : s.windows) w.schedule.start_s += 1800, w.schedule.lasts = minutes(70);
      s.inhibit.resize(1);
      s.heartbeats[0].every = hours(4), s.heartbeats[1].every = minutes(12);
      break;
  }
}

}  // namespace

std::string ci_name(int i) {
  return "ci-" + std::to_string(i);
}

std::shared_ptr<const Settings> settings_of(const Company& c, Variant variant) {
  auto s = std::make_shared<Settings>();
  s->text = "company " + std::to_string(static_cast<int>(variant)) + " " + std::to_string(c.slots) +
            " " + std::to_string(c.auto_close_min) + " " + std::to_string(c.reopen_min) + " " +
            std::to_string(c.tombstone_min) + " " + std::to_string(c.tombstones_max) + " " +
            std::to_string(c.attempts_max) + (c.counting ? " counting" : "");
  s->hash = s->text;
  s->sources = {"prometheus", "generic", std::string(syslog_source), std::string(heartbeat_source)};
  SyslogRule quiet;
  quiet.id = "quiet", quiet.quiet_after = quiet_after;
  s->syslog_rules = {quiet};
  s->rules = {
      rule("r1", "Down", "database", "availability"), rule("r2", "Slow", "application", "latency"),
      rule("r3", "Full", "storage", "filesystem"), rule("r5", "Filling", "storage", "capacity")};
  s->rules.back().symptom = "S08";
  s->class_defaults = {{"database", "database", "availability", "m930"},
                       {"host", "compute", "host_down", "m940"}};
  if (c.counting) {
    s->rules.push_back(rule("r4", "Odd", "security", "brute_force"));
    s->rules.back().count = CountWindow{3, minutes(15), {"ci"}};
  }
  s->known_errors = {{"KE1",
                      "it restarts itself",
                      {{"alertname", Matcher::Op::equal, "Slow", nullptr},
                       {"ci", Matcher::Op::equal, "ci-1", nullptr}},
                      true}};
  people_and_channels(*s, c);
  cis(*s);
  dependencies(*s);
  windows(*s);
  inhibitions(*s);
  heartbeats(*s);
  s->policies[0] = urgent(5), s->policies[1] = urgent(10);
  s->policies[2] = calm(true), s->policies[3] = calm(true), s->policies[4] = calm(false);
  for (auto& v : s->verify) v = minutes(6);
  // Short enough to be broken now and then; another company agrees to something else.
  s->sla[0] = {minutes(5), minutes(40 + 20 * (static_cast<int>(variant) % 3 / 2))};
  s->sla[1] = {minutes(10), hours(2)};
  s->sla[2] = {minutes(30), hours(3), "day"};
  s->sla[3] = {hours(1), hours(5), std::string(hours_of_service)};
  s->storm_alerts = storm_alerts, s->storm_end_below = 2, s->storm_end_after = minutes(4);
  s->forecast_horizon = hours(24 * horizon_days);
  s->flap_transitions = 3, s->flap_verify = minutes(20);
  s->restored_prompt_timeout = minutes(20);
  s->auto_close_after = minutes(c.auto_close_min);
  s->reopen_window = minutes(c.reopen_min);
  s->keep_incidents = retention;
  s->keep_requests = retention, s->requests_max = requests_max;
  s->tombstone_for = minutes(c.tombstone_min);
  s->tombstones_max = static_cast<std::uint32_t>(c.tombstones_max);
  s->external_url = "https://tocsin.example.org";
  s->attempts_max = static_cast<std::uint16_t>(c.attempts_max);
  vary(*s, variant);
  index_matchers(*s);
  index_windows(*s);
  index_inhibition(*s);
  index_heartbeats(*s);
  index_known_errors(*s);
  return s;
}

std::shared_ptr<const Settings> settings_of(const std::string& text) {
  Company c;
  int variant = 0;
  if (std::sscanf(text.c_str(), "company %d %d %d %d %d %d %d", &variant, &c.slots,
                  &c.auto_close_min, &c.reopen_min, &c.tombstone_min, &c.tombstones_max,
                  &c.attempts_max) != 7)
    return nullptr;
  c.counting = text.ends_with(" counting");
  return settings_of(c, static_cast<Variant>(variant));
}

}  // namespace tocsin::sim
