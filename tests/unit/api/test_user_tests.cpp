// Scenarios of users: what is refused and where, what counts as met, and what is said when it is
// not.

#include <catch2/catch.hpp>

#include "config/user_tests.hpp"
#include "daemon/cli/user_test.hpp"

using namespace tocsin;

namespace {

constexpr const char* company = R"(
integrations: [{name: prom, source: alertmanager_v2}, {name: scripts, source: generic}]
channels:
  - {name: pager, kind: mailbox, directory: /tmp/pages, from: a@example.org, to: b@example.org}
  - {name: chat, kind: mailbox, directory: /tmp/chat, from: a@example.org, to: b@example.org}
people: [{id: ann, email: ann@example.org, reach: {page: [pager, chat], inform: [chat]}},
         {id: bob, email: bob@example.org, reach: {page: [pager]}}]
groups: [{id: blue, members: [ann, bob]}]
default_group: blue
cis: [{id: db-1, class: database, criticality: mission_critical}]
rules:
  - {id: a100, match: ['alertname="PostgresDown"'], set: {category: database, )"
                                R"(subcategory: availability}}
)";

std::string errors(const std::string& text) {
  std::string out;
  for (const Diagnostic& d : read_user_tests(text, "t.yaml").errors) out += to_text(d) + "\n";
  return out;
}

// The failures of the one test with these events and expectations.
std::string failures(const std::string& body) {
  const Loaded config = load_text(company, "company.yaml");
  REQUIRE(config.settings);
  const UserTests read = read_user_tests("tests:\n- name: t\n" + body, "t.yaml");
  for (const Diagnostic& d : read.errors) FAIL(to_text(d));
  REQUIRE(read.tests.size() == 1);
  Mapper mapper;
  const cli::TestResult result = cli::play(read.tests[0], config, mapper);
  CHECK(result.checks > 0);
  std::string out;
  for (const Diagnostic& d : result.failures) out += to_text(d) + "\n";
  return out;
}

const std::string down = "- {alert: {alertname: PostgresDown, ci: db-1, severity: critical}";

}  // namespace

TEST_CASE("a file of scenarios says everything that is wrong with it, each at its place") {
  CHECK(errors("tests: []") == "t.yaml:1:1: a file of tests has no tests\n");
  CHECK(errors(R"(tests:
  - name: one
    start: yesterday
    events:
      - {alert: {alertname: x}, resolved: {alertname: x}}
      - {at: soon, alert: {alertname: x}}
      - {at: 1m}
      - {acknowledge: 1}
      - {alert: {alertname: x}, expect: {disposition: duplicated, prio: P1}}
      - {body_file: not-there.json}
    expect:
      - {at: 5m}
      - {at: 5m, pages: [{at: morning}], incident: []}
  - {name: one, events: []}
)") == R"(t.yaml:3:12: start is a time such as 2026-01-05T09:00:00Z, not 'yesterday'
t.yaml:5:9: an event is one thing, not both alert and resolved
t.yaml:5:33: unknown key 'resolved' in an event
t.yaml:6:14: at is a duration such as 90s, 4h, 1h30m or 2d, not 'soon'
t.yaml:7:9: an event has one of alert, resolved, body, body_file, syslog, )"
       R"(acknowledge, note, resolve, close, silence or channel
t.yaml:8:9: somebody does it: it has no by
t.yaml:9:55: there is no disposition 'duplicated', did you mean 'duplicate'?
t.yaml:9:67: unknown key 'prio' in what is expected of an alert
t.yaml:10:21: the file 'not-there.json' cannot be read
t.yaml:12:9: it expects incidents, pages, messages or dispositions
t.yaml:13:31: at is a duration such as 5m or 1h30m, not 'morning'
t.yaml:13:42: unknown key 'incident' in an expectation, did you mean 'incidents'?
t.yaml:14:5: a test expects something: it has no expect
t.yaml:14:12: there is another test 'one'
)");
}

TEST_CASE("a scenario that comes out as expected has no failure") {
  CHECK(failures("  events:\n  " + down + R"(,
       expect: {disposition: incident_opened, joins: opened_it, rule: a100, ci: db-1, incident: 1,
                priority: P1, category: database}}
  - {at: 1m, alert: {alertname: PostgresDown, ci: db-1, severity: critical}, every: 1m, times: 4,
     expect: {disposition: duplicate}}
  - {at: 7m, acknowledge: INC0000001, by: bob}
  expect:
  - {at: 0s, pages: [{to: ann, by: pager}]}
  - {at: 3h, incidents: [{number: 1, state: in_progress, owner: bob, rule: a100, held: "false"}],
     pages: [{to: bob, at: 5m}, {to: ann, at: 5m}], dispositions: {duplicate: 4, held: 0}}
)") == "");
}

TEST_CASE("what comes out otherwise is said at its line, with what was expected and what came") {
  CHECK(failures("  events:\n  " + down + ", expect: {priority: P3, joins: same_pool}}\n" + R"(
  expect:
  - at: 0s
    incidents: [{ci: db-1, priority: P1}, {ci: web-1}]
    pages: []
  - at: 9m
    pages:
    - {to: ann}
)") == R"(t.yaml:4:89: at 0s: expected priority P3, got P1 (INC0000001: )"
       R"(impact 1 from criticality mission_critical of db-1; )"
       R"(urgency 1 from severity critical)
t.yaml:4:100: at 0s: expected joins same_pool, got opened_it (INC0000001: )"
       R"(impact 1 from criticality mission_critical of db-1; )"
       R"(urgency 1 from severity critical)
t.yaml:7:5: at 0s: expected no further page, got page to ann by pager at 0s for INC0000001
t.yaml:8:43: at 0s: expected incident ci web-1, got none
t.yaml:10:5: at 9m: expected no further page, got page to bob by pager at 5m for INC0000001
)");
}

TEST_CASE("an expected thing takes the found one that leaves the others theirs") {
  // The first line fits both pages of ann, and has to leave the one at 0s to the second.
  CHECK(failures("  events:\n  " + down + R"(}
  expect:
  - {at: 5m, pages: [{to: ann}, {to: ann, at: 0s}, {to: bob}]}
)") == "");
}

TEST_CASE("bodies, lines, acts, silences and channels take part") {
  CHECK(failures(R"(  events:
  - {at: 0s, from: scripts, expect: {disposition: held, ci: web-9},
     body: '{"key": "slow", "ci": "web-9", "severity": "error"}'}
  - {at: 1s, from: scripts, body: '{"key": ', expect: {disposition: rejected_malformed}}
  - {at: 2s, syslog: "<30>Jan  5 09:00:02 web-9 nobody[1]: all is well", )"
                 R"(expect: {disposition: unmatched}}
  - {at: 3s, silence: 'ci="db-1"', for: 1h, by: ann}
  - {at: 4s, alert: {alertname: PostgresDown, ci: db-1, severity: critical},
     expect: {disposition: silenced}}
  - {at: 5s, channel: pager, answers: refused}
  expect:
  - {at: 2m, pages: [], incidents: [{ci: db-1, held: "true"}, {ci: web-9}]}
  - {at: 1h4s, pages: [{to: ann, by: pager, why: step_due}, {to: ann, by: chat, why: next_channel}]}
)") == "");
}

TEST_CASE("what cannot be taken is a failure unless it was expected") {
  CHECK(failures(R"(  events:
  - {at: 0s, from: scripts, body: 'no json'}
  - {at: 0s, from: nobody, alert: {alertname: x}}
  - {at: 0s, acknowledge: INC0000007, by: ann}
  - {at: 0s, channel: telex, answers: refused}
  expect:
  - {at: 2m, dispositions: {rejected_malformed: 0}}
)")
            .find("t.yaml:4:5: at 0s: it was not taken: rejected_malformed") == 0);
}
