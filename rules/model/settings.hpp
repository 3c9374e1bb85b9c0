#pragma once
// What the operators decided, compiled: one immutable object beside the state. Made by config/,
// named by its hash; every decision receives it as an argument. Look-ups by name are total: what is
// gone answers with nothing, and the caller goes to the catch-all with a reason.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/calendar.hpp"
#include "rules/model/enums.hpp"
#include "rules/model/graph.hpp"
#include "rules/model/held_text.hpp"
#include "rules/model/text_map.hpp"
#include "rules/model/time.hpp"
#include "rules/model/window.hpp"
#include "rules/model/zone.hpp"

namespace re2 {
class RE2;
}

namespace tocsin {

class SilenceIndex;  // rules/model/silence.hpp
class SyslogRules;   // connectors/in/syslog/rules.hpp
class MatcherIndex;  // rules/model/matcher_index.hpp
class Places;        // rules/model/places.hpp

// A Prometheus matcher. Regular expressions are anchored at both ends and run in linear time (RE2).
struct Matcher {
  enum class Op : std::uint8_t { equal, not_equal, matches, not_matches };
  // Of what: a label or an annotation of the alert by its name, what it says in words (anywhere in
  // it, so that an expression is not anchored), or what is known of it besides.
  enum class Of : std::uint8_t {
    label,
    annotation,
    message,
    ci_class,
    environment,
    source,
    severity
  };
  std::string label;  // the name, of a label or an annotation
  Op op = Op::equal;
  std::string value;
  std::shared_ptr<const re2::RE2> regex;  // set for matches / not_matches
  Of of = Of::label;
};

// A rule that takes effect only at the `at_least`th event within a time; the events that have the
// same values of the labels `by` are counted together.
struct CountWindow {
  std::uint16_t at_least = 0;
  Span within{};
  std::vector<std::string> by;
  bool operator==(const CountWindow&) const = default;
};

struct Rule {
  std::string id;
  std::vector<Matcher> match;  // all must hold; none given matches everything
  std::string category, subcategory, symptom, group;  // empty: not set by this rule
  std::optional<Severity> severity;
  std::optional<EventClass> event_class;
  std::optional<CountWindow> count{};
};

// What an alert is when no rule says it: by the class of its CI, or by the facility of syslog.
struct CategoryDefault {
  std::string of;  // the class or the facility
  std::string category, subcategory, rule;
};

// Which lines of syslog are an alert, and what ends it. The expressions are RE2's, and match
// anywhere in the text of a line unless they say otherwise.
struct SyslogRule {
  std::string id;                // label `rule`
  std::string alertname;         // label
  std::string program;           // expression for the whole name; empty: any
  std::uint32_t facilities = 0;  // a bit each; 0: any
  std::uint8_t severity = 7;     // of a line that matches: this one or worse, 0 is the worst
  std::string match;
  std::string clear;               // empty: no line says that it is over
  std::vector<std::string> notes;  // named groups that describe and do not identify
  bool clear_over_udp = false;     // although anybody could have sent it
  Span quiet_after{};              // over when no line matched for so long; 0: never by silence
  std::optional<Severity> alert_severity;  // none: by that of the line
  std::string summary, runbook_url;        // {name} is the text of a named group
};

// Something that is expected to be heard of again and again: by a ping, or by an alert that fits
// `match`. When it is silent for too long, an alert of its own fires (rules/heartbeats.hpp).
struct Heartbeat {
  std::string name;
  Span every{}, grace{};
  std::uint16_t missed = 1;    // so many periods in a row without a sign of life
  std::vector<Matcher> match;  // none: by pings alone
  std::string ci, group, summary;
  Severity severity = Severity::error;
  std::string category, subcategory, symptom;
  std::string key;  // in the configuration; made by index_heartbeats()

  // No silence up to here is news. Within the bounds of config/ far from overflow.
  Span bound() const { return {every.ms * missed + grace.ms}; }
};
inline constexpr std::size_t heartbeats_max = 10'000;
// The one source of pings, and of the alerts of heartbeats that are missed.
inline constexpr std::string_view heartbeat_source = "heartbeat";

// The one source of all lines, whatever they came over.
inline constexpr std::string_view syslog_source = "syslog";
// Of what people report.
inline constexpr std::string_view report_source = "report";

inline constexpr std::string_view service_class = "service";  // what people use
inline constexpr std::string_view always_open = "always";     // the calendar that needs no words

struct Ci {
  std::string id;
  std::string ci_class;
  Criticality criticality = Criticality::important;
  std::uint32_t users = 0;
  std::string group;
  std::vector<std::string> aliases;
  std::vector<std::string> supports;  // ids of the CIs that hard-depend on this one
  std::vector<std::string> depends_on, soft_depends_on;  // ids of those that it depends on
  std::string pool, site;
  std::string hours;           // calendar of a service; empty or `always`: at any time
  std::vector<Matcher> match;  // labels that mean this CI
  std::string environment;     // prod, staging, test, dev; empty is prod
  bool imported = false;       // by the API: it stands in no file
};

// CIs that stand in for each other: enough of them up, and what they support is served.
struct Pool {
  std::string id;
  std::vector<std::string> supports;  // ids of CIs, softly: one member is not missed
  std::uint32_t min_members = 1;
  std::vector<std::uint32_t> members,
      serves;  // places in Settings::cis, ascending; made by config/
};

// A time at which harm comes sooner: the month's end, the day of a sale.
struct CriticalPeriod {
  std::string id;
  std::string calendar;               // while it is open
  std::vector<std::string> services;  // ids; none: all
};

// What alerts are about that are about no CI: those that fit, and have the same values of `labels`,
// are about one thing, which stands where a CI would (rules/correlate/group.hpp).
struct GroupRule {
  std::vector<std::string> labels;  // whoever lacks one of them is not meant
  std::vector<Matcher> match;
  bool discovered = false;  // also in place of a CI that nobody declared
};
inline constexpr std::size_t group_rules_max = 64, group_labels_max = 8;

// Planned work: what breaks in it is no incident (BND-5, 3).
struct MaintenanceWindow {
  std::string id, owner, reason;
  std::string change;            // number of the approved change; empty: none
  std::vector<std::string> cis;  // ids; with `match` as well, both have to fit
  bool dependents = false;       // also what hard-depends on one of them
  std::vector<Matcher> match;
  Schedule schedule;
};

// While an alert fires that fits `source`, those that fit `target` and have the same values of
// `equal` page nobody.
struct InhibitRule {
  std::string id, owner, reason;
  std::vector<Matcher> source, target;
  std::vector<std::string> equal;  // names of labels, ascending; one that is absent is empty
  std::uint64_t hash = 0;          // of what it does, not of its words; made by index_inhibition()
};

// A fault whose cause is known and is not gone yet (1.1): what fits it says what helps until then.
struct KnownError {
  std::string id, workaround;
  std::vector<Matcher> match;
  bool automated = false;  // nobody has to do it: what fits is a level less urgent
};

struct Person {
  std::string id;
  std::string email;
  std::vector<std::string> page;    // channels in order, for what must wake somebody
  std::vector<std::string> inform;  // channels in order, for what can wait
  std::string time_zone;            // in which they read times; empty: that of the instance
};

struct Group {
  std::string id;
  std::vector<std::string> members;  // primary, secondary, ...
  std::string lead;
  std::string channel;  // of the team, for information
};

// A way out. `settings` are checked against the connector's own table by config/.
struct Channel {
  std::string name;
  std::string kind;  // a name of channel_kinds()
  std::map<std::string, std::string> settings;
  std::uint16_t in_flight_max = 4;
  Span answers_within = seconds(10);  // what its kind gives one attempt
};

// Who a step of the escalation speaks to.
struct Target {
  enum class Kind : std::uint8_t {
    primary,
    secondary,
    lead,
    everyone,
    channel,
    role,
    person,
    catch_all
  };
  Kind kind = Kind::primary;
  std::string name;  // of the role or person
  bool page = true;  // false: inform
  bool operator==(const Target&) const = default;
};

struct Step {
  Span after;  // since the start of the cycle
  std::vector<Target> to;
  bool operator==(const Step&) const = default;
};

// What is agreed for one priority (6.2): how soon somebody answers, how soon it works again. Times
// of its calendar: an id, `always`, or that of the hours of the service that suffers.
struct Agreement {
  Span response, resolution;
  std::string calendar{always_open};
  bool operator==(const Agreement&) const = default;
};
inline constexpr std::string_view hours_of_service = "service";

// Functional escalation of one priority (7.1). After the last step it starts again at `repeat_from`
// every `repeat_every`, `repeats_max` times; then the catch-all is paged every `exhausted_every`.
struct Policy {
  std::vector<Step> steps;
  std::uint16_t repeat_from = 0;
  Span repeat_every{};  // 0: no repeat
  std::uint16_t repeats_max = 0;
  Span exhausted_every = minutes(30);
  bool must_page = false;  // P1 and P2: somebody has to answer
  bool operator==(const Policy&) const = default;
};

// What people say, and the symptom that it means; in lower case.
struct Phrase {
  std::string symptom, words;
  bool operator==(const Phrase&) const = default;
};

struct CategoryTree {
  std::map<std::string, std::vector<std::string>, std::less<>> categories;
};

struct Settings {
  std::string hash;  // hex of the normalised text; names this object in the state
  HeldText text;     // normalised: parses to an equal object

  std::vector<std::string>
      sources;  // names of the integrations, in the order of the file; 31 at most
  // How long a firing alert of an integration is good for, where its sender repeats it seldom.
  std::map<std::string, Span, std::less<>> promises;
  std::vector<Rule> rules;  // first match wins
  // Finds the rule, and the CI by its matchers, of an alert; made by config/. Null: they are
  // walked.
  std::shared_ptr<const MatcherIndex> rule_index, ci_index;
  std::vector<std::uint32_t> ci_places;  // in `cis`, of those in ci_index: that have matchers
  std::vector<CategoryDefault> class_defaults, facility_defaults;  // each sorted by `of`
  std::map<std::string, Severity, std::less<>> severity_aliases;
  Severity severity_default = Severity::error;

  std::vector<SyslogRule> syslog_rules;       // in the order in which they are asked
  std::shared_ptr<const SyslogRules> syslog;  // the same, compiled; made by config/

  std::vector<std::string> ci_labels{"ci", "host", "instance", "node", "service"};
  std::vector<GroupRule> group_by;    // the first that fits
  std::vector<Ci> cis;                // sorted by id
  TextMap<std::uint32_t> ci_by_name;  // id and aliases, lower case
  std::vector<Pool> pools;            // sorted by id
  DependencyGraph dependencies;       // of `cis`
  std::map<std::string, std::shared_ptr<const Calendar>, std::less<>> calendars;
  std::vector<CriticalPeriod> critical_periods;      // sorted by id
  std::vector<MaintenanceWindow> windows;            // sorted by id
  std::shared_ptr<const SilenceIndex> window_index;  // by place in them; null: there are none
  std::vector<InhibitRule> inhibit;                  // sorted by id
  std::shared_ptr<const SilenceIndex> inhibit_sources, inhibit_targets;  // by place in them
  std::uint64_t inhibit_hash = 0;                                        // of all of them; 0: none
  std::vector<Heartbeat> heartbeats;                                     // sorted by name
  std::shared_ptr<const SilenceIndex> heartbeat_index;  // by place, of those that alerts keep alive
  // Off where nobody pings: in a rehearsal. Not part of the hash.
  bool dead_man_timers = true;
  std::vector<KnownError> known_errors;                   // sorted by id
  std::shared_ptr<const SilenceIndex> known_error_index;  // by place in them; null: there are none
  // Subcategories whose incidents not everybody may read; sorted.
  std::vector<std::string> restricted_subcategories{"brute_force", "data_exposure", "malware",
                                                    "policy_violation", "unauthorized_access"};
  std::vector<std::string> restricted_readers;  // groups whose engineers may nevertheless
  CategoryTree tree;
  std::vector<Phrase> phrases;  // asked before the built-in ones

  std::vector<Person> people;                                          // sorted by id
  std::vector<Group> groups;                                           // sorted by id
  std::vector<Channel> channels;                                       // sorted by name
  std::map<std::string, std::vector<std::string>, std::less<>> roles;  // incident_manager -> people
  // Roles that a token has, a bit each: who may act. All where there are no tokens to tell.
  std::uint32_t roles_borne = UINT32_MAX;
  std::string default_group;  // owns what no CI or rule gives to anybody
  // Never empty and never configured away: people first, then bare channels (terminal at least).
  std::vector<std::string> catch_all_people;
  std::string catch_all_channel = "terminal";

  // Priority by impact and urgency; `levels` of each, 1 the worst. What is computed beyond the last
  // level is the last one.
  static constexpr std::size_t levels_max = 5;
  std::uint8_t levels = 4;
  std::uint8_t matrix[levels_max][levels_max] = {
      {1, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 5}};
  std::uint8_t unknown_ci_impact = 3;
  Policy policies[5];

  Span hold_down[4] = {seconds(0), seconds(60), seconds(180), seconds(180)};  // by severity (BND-6)
  Span verify[5] = {minutes(15), minutes(15), minutes(10), minutes(10), minutes(10)};
  Agreement sla[5] = {{minutes(15), hours(4)},
                      {minutes(30), hours(8)},
                      {hours(2), hours(20)},
                      {hours(10), hours(50)},
                      {hours(20), hours(100)}};
  Span restored_prompt_timeout = minutes(60);
  Span auto_close_after = hours(120);
  Span keep_incidents = hours(24 * 1095);  // after they were resolved; 0: for ever
  // How far `tocsin replay` can go back; 0: events that are set aside are not recorded.
  Span keep_events = hours(24 * 7);
  Span keep_requests = hours(24 * 30);  // after they were done
  std::uint32_t requests_max = 10'000;  // of those that are kept, done or not
  Span reopen_window = hours(24);
  Span resolve_timeout =
      minutes(5);  // an alert without an end is stale after this, unless refreshed
  Span stale_grace_min = minutes(5);  // after a restart nothing becomes stale before this
  Span tombstone_for = hours(24);     // an ended or orphaned alert is remembered so long
  Span same_ci_window = minutes(15);
  Span upstream_open_window = minutes(30);
  Span late_root_cause_window = minutes(10);  // BND-8
  std::uint32_t storm_alerts = 100;           // in storm_within; 0: there are no storms (BND-9)
  Span storm_within = seconds(60);
  std::uint32_t storm_end_below = 10;  // in storm_within, for storm_end_after
  Span storm_end_after = minutes(10);
  Span storm_upstream_wait = seconds(60);  // of a critical alert among others below one CI
  std::uint8_t flap_transitions = 5;       // in flap_within; 0: nothing flaps (BND-10)
  Span flap_within = minutes(30);
  Span flap_quiet = minutes(30);   // it is over after that
  Span flap_verify = minutes(60);  // of an incident with an alert that flaps
  Span event_age_max = hours(24);  // TIM-6
  Span clock_skew_max = minutes(5);
  Span forecast_horizon = hours(24 * 14);  // what leaves more time is to be done, and no incident
  std::uint16_t attempts_max = 12;         // per page and channel, then it is undeliverable there
  std::uint32_t tombstones_max = 100'000;

  std::string instance_name = "tocsin";
  std::string external_url;  // base of the links in pages; empty: none
  std::string time_zone;     // of messages to nobody in particular; empty: UTC
  // Those that are named above, by name. Not part of the hash: they only word times.
  std::map<std::string, std::shared_ptr<const Zone>, std::less<>> zones;
  // Where each part of it stands in the files; null: nobody knows. Not part of the hash either.
  std::shared_ptr<const Places> places;

  const Ci* ci(std::string_view id) const;
  const Pool* pool(std::string_view id) const;
  const Calendar* calendar(std::string_view id) const;  // null: always open
  const Person* person(std::string_view id) const;
  const Group* group(std::string_view id) const;
  const Channel* channel(std::string_view name) const;
  std::shared_ptr<const Zone> zone_of(std::string_view person) const;  // null: UTC
  const SyslogRule* syslog_rule(std::string_view id) const;
  const Heartbeat* heartbeat(std::string_view name) const;
  // The id of the calendar in which it counts for this service.
  std::string_view calendar_of(const Agreement& agreed, std::string_view service) const;
  bool restricted(std::string_view subcategory) const;
  Span promise(std::string_view source) const;  // 0: none beyond resolve_timeout
};

// Both give the same priority to everything at every time.
bool same_priorities(const Settings& a, const Settings& b);
// Where that is so, both agree to the same as well.
bool same_agreements(const Settings& a, const Settings& b);

}  // namespace tocsin
