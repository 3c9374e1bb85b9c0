// What a replay says is the difference of two daemons that heard the same: one with each
// configuration, on a journal in memory. The difference of the two is found here by a plain twin of
// what the replay does.
#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "daemon/replay/compare.hpp"
#include "daemon/replay/run.hpp"
#include "tests/unit/replay/service.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

const std::string rules_before = R"(
rules:
  - {id: r1, match: ['alertname=~"Disk.*"'], set: {category: storage, subcategory: filesystem}}
  - {id: r2, match: ['alertname="Load"'], set: {category: compute, subcategory: cpu}}
  - {id: r3, match: ['alertname="Chatter"'], set: {severity: info}}
)";
const std::string rules_after = R"(
rules:
  - {id: r1, match: ['alertname="DiskFull"'], set: {category: storage, subcategory: filesystem}}
  - {id: r2, match: ['alertname=~"Load|DiskSlow"'],
     set: {category: storage, subcategory: performance, group: red}}
  - {id: r3, match: ['alertname="Chatter"'],
     set: {severity: warning, category: monitoring, subcategory: alert_quality}}
  - {id: r4, match: ['alertname="Latency"'], set: {severity: info}}
  - {id: r5, match: ['alertname="Crash"', 'ci="db-2"'], set: {severity: error}}
hold_down: {error: 120s}
)";

// Who is together, in words that do not depend on numbers: the instants of the events, how many
// incidents on either side, their highest priorities, groups and categories, who was told how
// often.
using Story = std::multiset<std::string>;

struct Life {
  std::map<std::uint32_t, std::string> group, category;
  std::map<std::uint32_t, Priority> highest;
  std::map<std::uint32_t, std::map<std::string, int>> told;
  std::map<std::int64_t, std::uint32_t> member;  // firing events by instant
};

std::string told_text(const std::map<std::string, int>& told) {
  std::string out;
  for (const auto& [who, n] : told) out += who + " " + std::to_string(n) + "; ";
  return out;
}

std::string side_text(const Life& f, const std::set<std::uint32_t>& numbers) {
  std::multiset<std::string> each;
  std::map<std::string, int> told;
  for (const std::uint32_t n : numbers) {
    each.insert(std::string(name(f.highest.at(n))) + " " + f.group.at(n) + " " + f.category.at(n));
    if (const auto it = f.told.find(n); it != f.told.end())
      for (const auto& [who, times] : it->second) told[who] += times;
  }
  std::string out = std::to_string(numbers.size()) + " [";
  for (const auto& text : each) out += text + ", ";
  return out + "] " + told_text(told);
}

// By pushing sets of incidents together until none share an event.
Story plain_difference(const Life& a, const Life& b) {
  struct Together {
    std::set<std::int64_t> events;
    std::set<std::uint32_t> before, after;
  };
  std::vector<Together> all;
  std::set<std::int64_t> events;
  for (const auto& [at, n] : a.member) events.insert(at);
  for (const auto& [at, n] : b.member) events.insert(at);
  for (const std::int64_t at : events) {
    Together now;
    now.events.insert(at);
    if (const auto it = a.member.find(at); it != a.member.end()) now.before.insert(it->second);
    if (const auto it = b.member.find(at); it != b.member.end()) now.after.insert(it->second);
    for (auto it = all.begin(); it != all.end();) {
      const auto shares = [](const auto& x, const auto& y) {
        return std::any_of(x.begin(), x.end(), [&](auto v) { return y.contains(v); });
      };
      if (!shares(it->before, now.before) && !shares(it->after, now.after)) {
        ++it;
        continue;
      }
      now.events.insert(it->events.begin(), it->events.end());
      now.before.insert(it->before.begin(), it->before.end());
      now.after.insert(it->after.begin(), it->after.end());
      it = all.erase(it);
    }
    all.push_back(std::move(now));
  }
  Story out;
  for (const auto& t : all) {
    const std::string was = side_text(a, t.before), is = side_text(b, t.after);
    if (was == is && t.before.size() == 1) continue;
    std::string text;
    for (const std::int64_t at : t.events) text += std::to_string(at - morning.ms) + " ";
    out.insert(text + ": " + was + " -> " + is);
  }
  return out;
}

// What a daemon does with the inputs; events that leave no trace in a log are not asked about.
Life live(MemoryStore& store, const std::string& yaml, const std::vector<Sent>& inputs, Instant end,
          const std::set<std::int64_t>* only = nullptr) {
  Life out;
  Service service(store, settings_of(yaml));
  std::map<Fingerprint, std::int64_t> last;
  std::int64_t in_hand = 0;
  std::vector<std::pair<Fingerprint, std::uint32_t>> linked;
  service.fact = [&](const FactView& view) {
    with_fact(view, [&](const auto& f) {
      using F = std::decay_t<decltype(f)>;
      if constexpr (std::is_same_v<F, IncidentOpened>) {
        out.group[f.incident.value] = f.group;
        out.category[f.incident.value] = std::string(f.category) + "/" + std::string(f.subcategory);
        out.highest[f.incident.value] = f.priority;
      } else if constexpr (std::is_same_v<F, PriorityChanged>) {
        out.highest[f.incident.value] = std::min(out.highest[f.incident.value], f.priority);
      } else if constexpr (std::is_same_v<F, PageRequested>) {
        ++out.told[f.incident.value][std::string(name(f.kind)) + " " + std::string(f.person) + " " +
                                     std::string(f.channel)];
      } else if constexpr (std::is_same_v<F, AlertLinked>) {
        linked.emplace_back(f.alert, f.incident.value);
      }
    });
  };
  for (const Sent& input : inputs) {
    service.advance(input.at);
    for (const auto& [alert, n] : linked) out.member[last[alert]] = n;
    linked.clear();
    in_hand = input.at.ms;
    const Fingerprint alert = service.hear(input);
    for (const auto& [other, n] : linked)
      if (other != alert) out.member[last[other]] = n;
    linked.clear();
    if (input.resolved || (only && !only->contains(in_hand))) continue;
    last[alert] = in_hand;
    const std::uint32_t slot = service.state.alert_slot(alert);
    if (slot != no_slot && service.state.alerts().at(slot).incident)
      out.member[in_hand] = service.state.alerts().at(slot).incident.value;
  }
  service.finish(end);
  for (const auto& [alert, n] : linked) out.member[last[alert]] = n;
  return out;
}

// The same words of a replay.
Life replayed(const Record& record, const Outcome& outcome) {
  Life out;
  for (const OutcomeIncident& i : outcome.incidents) {
    if (!i.number) continue;
    out.group[i.number.value] = i.group;
    out.category[i.number.value] = i.category + "/" + i.subcategory;
    out.highest[i.number.value] = i.highest;
    for (const auto& [key, count] : i.told) {
      const auto by = key.recipient.find(" by ");
      const std::string who = by == std::string::npos ? " " + key.recipient
                                                      : key.recipient.substr(0, by) + " " +
                                                            key.recipient.substr(by + 4);
      out.told[i.number.value][std::string(name(key.kind)) + " " + who] += static_cast<int>(count);
    }
  }
  for (std::size_t i = 0; i < record.events.size(); ++i)
    if (outcome.incident_of[i]) out.member[record.events[i].at.ms] = outcome.incident_of[i];
  return out;
}

std::vector<Sent> random_inputs(std::mt19937& random, int count) {
  const std::vector<std::string> names = {"DiskFull", "DiskSlow", "Load",
                                          "Chatter",  "Latency",  "Crash"};
  const std::vector<std::string> cis = {"db-1", "db-2", "web-1", "unknown-9"};
  const std::vector<std::string> severities = {"critical", "error", "warning"};
  struct Known {
    bool fires = false;
    Wall starts_at{};
  };
  std::map<std::string, Known> known;
  std::vector<Sent> out;
  Instant now = morning;
  const auto pick = [&](const auto& list) { return list[random() % list.size()]; };
  for (int i = 0; i < count; ++i) {
    now = now + milliseconds(1 + random() % (random() % 20 == 0 ? 1'800'000 : 90'000));
    Sent in;
    in.at = now, in.name = pick(names), in.ci = pick(cis), in.severity = pick(severities);
    Known& k = known[in.name + in.ci + in.severity];
    in.resolved = k.fires && random() % 3 != 0;
    // Repeated, begun anew, or for the first time.
    if (!in.resolved && (!k.fires || random() % 4 == 0)) k.starts_at = Wall{now.ms};
    in.starts_at = k.starts_at;
    k.fires = !in.resolved;
    out.push_back(std::move(in));
  }
  // Of what is set aside nobody knows whether it fell silent until it is heard of again.
  for (const std::string& ci : cis)
    for (const std::string& severity : severities) {
      if (!known["Chatter" + ci + severity].fires) continue;
      now = now + milliseconds(10);
      out.push_back({now, "Chatter", ci, severity, "prom", "", true});
    }
  return out;
}

Outcome run(const Record& record, const std::string& yaml) {
  std::atomic<std::uint64_t> done = 0;
  return run_record(record, settings_of(yaml), done);
}

}  // namespace

TEST_CASE("a replay's difference is that of two daemons that heard the same") {
  std::size_t differences = 0;
  for (unsigned seed = 1; seed <= 25; ++seed) {
    std::mt19937 random(seed);
    const auto inputs = random_inputs(random, 100);
    const Instant end = inputs.back().at + hours(3);
    MemoryStore before, after;
    (void)live(before, company + rules_before, inputs, end);
    const Record record = record_of(before);
    std::set<std::int64_t> recorded;
    for (const RecordedEvent& event : record.events) recorded.insert(event.at.ms);
    MemoryStore again;
    // A record ends with the last that is in the log.
    const Life a = live(again, company + rules_before, inputs, record.end, &recorded);
    const Life b = live(after, company + rules_after, inputs, record.end, &recorded);
    const Outcome was = run(record, company + rules_before),
                  is = run(record, company + rules_after);
    INFO("seed " << seed);
    const Story expected = plain_difference(a, b);
    CHECK(plain_difference(replayed(record, was), replayed(record, is)) == expected);
    const Difference difference = compare(record, was, is);
    CHECK(difference.before.incidents == a.highest.size());
    CHECK(difference.after.incidents == b.highest.size());
    differences += expected.size();
  }
  CHECK(differences > 100);
}

TEST_CASE("the same configuration makes no difference") {
  std::mt19937 random(7);
  const auto inputs = random_inputs(random, 300);
  MemoryStore store;
  (void)live(store, company + rules_before, inputs, inputs.back().at + hours(1));
  const Record record = record_of(store);
  const Outcome was = run(record, company + rules_before), is = run(record, company + rules_before);
  const Difference difference = compare(record, was, is);
  CHECK(difference.none());
  CHECK(difference.same > 10);
}

TEST_CASE("a silence holds pages back in a replay as it did") {
  MemoryStore store;
  const Instant end = morning + hours(2);
  {
    Service s(store, settings_of(company));
    Matcher m;
    m.label = "ci", m.value = "db-1";
    SetSilence silence;
    silence.by = {"ann", ~0u}, silence.matchers = pack_matchers({m});
    silence.comment = "work", silence.ends_at = Wall{(morning + hours(1)).ms};
    REQUIRE(s.give(silence).code == Answer::Code::done);
    s.hear({morning + minutes(5), "Down", "db-1"});
    s.finish(end);
  }
  const Record record = record_of(store);
  const Outcome outcome = run(record, company);
  REQUIRE(outcome.incidents.size() == 1);
  CHECK(outcome.disposition[0] == index(Disposition::silenced));
  const Outcome other = run(record, company + R"(
rules: [{id: r1, match: ['alertname="Down"'], set: {severity: info}}]
)");
  const Difference difference = compare(record, outcome, other);
  REQUIRE(difference.knots.size() == 1);
  CHECK(difference.knots[0].kind == KnotKind::removed);
  CHECK(difference.dispositions.begin()->first ==
        std::pair<std::uint8_t, std::uint8_t>(index(Disposition::silenced),
                                              index(Disposition::informational)));
}

TEST_CASE("what comes from an integration that the other does not have is left out of its run") {
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    s.hear({morning + minutes(1), "Down", "db-1", "critical", "own"});
    s.hear({morning + minutes(2), "Down", "db-2"});
    s.finish(morning + minutes(10));
  }
  std::string less = company;
  less.replace(less.find(", {name: own, source: generic}"), 30, "");
  const Record record = record_of(store);
  const Outcome was = run(record, company), is = run(record, less);
  CHECK(is.unheard == std::vector<std::string>{"own"});
  CHECK(is.unheard_events == 1);
  const Difference difference = compare(record, was, is);
  REQUIRE(difference.knots.size() == 1);
  CHECK(difference.knots[0].kind == KnotKind::removed);
  CHECK(difference.knots[0].recorded == std::vector<IncidentNumber>{IncidentNumber(1)});
}

TEST_CASE("events that a rule only counted are there for one that counts otherwise") {
  const auto counting = [](int at_least) {
    return company + "\nrules: [{id: r1, match: ['alertname=\"Login\"'], count: {at_least: " +
           std::to_string(at_least) +
           ", within: 10m}, set: {category: security, subcategory: brute_force}}]\n";
  };
  MemoryStore store;
  {
    Service s(store, settings_of(counting(5)));
    for (int i = 1; i <= 4; ++i) s.hear({morning + minutes(i), "Login", "db-1"});
    s.finish(morning + minutes(30));
  }
  const Record record = record_of(store);
  REQUIRE(record.events.size() == 4);
  const Outcome was = run(record, counting(5)), is = run(record, counting(3));
  CHECK(was.incidents.empty());
  CHECK(was.disposition[3] == index(Disposition::counted_below_threshold));
  REQUIRE(is.incidents.size() == 1);
  CHECK(is.disposition[1] == index(Disposition::counted_below_threshold));
  CHECK(is.disposition[2] == index(Disposition::incident_opened));
  CHECK(compare(record, was, is).of_kind[index(KnotKind::added)] == 1);
}

// A forecast is a work item until it falls below the horizon, and each day of it is on record.
TEST_CASE("another horizon is asked when a forecast would have been an incident") {
  const auto within = [](int days) {
    return company + "\ndispositions: {forecast_horizon: " + std::to_string(days) + "d}\n";
  };
  MemoryStore store;
  {
    Service s(store, settings_of(company));
    Sent forecast{morning, "CertExpires", "db-1"};
    forecast.starts_at = Wall{morning.ms};
    for (int left_min = 20 * 1440; left_min >= 10 * 1440; left_min -= 4) {
      const std::string part = std::to_string(100'000 + left_min % 1440 * 100'000 / 1440);
      forecast.days_left = std::to_string(left_min / 1440) + "." + part.substr(1);
      forecast.at = morning + minutes(20 * 1440 - left_min);
      s.hear(forecast);
    }
    s.finish(morning + hours(240));
  }
  const Record record = record_of(store, hours(24 * 30));
  CHECK(record.events.size() == 7);  // six days, and then an alert that is known
  const Outcome was = run(record, company);
  REQUIRE(was.incidents.size() == 1);
  CHECK(was.incidents[0].opened_at == Wall{(morning + hours(24 * 6)).ms});
  const Outcome wider = run(record, within(17)), narrower = run(record, within(2));
  REQUIRE(wider.incidents.size() == 1);
  CHECK(wider.incidents[0].opened_at == Wall{(morning + hours(24 * 3)).ms});
  CHECK(narrower.incidents.empty());
  CHECK(compare(record, was, narrower).of_kind[index(KnotKind::removed)] == 1);
}
