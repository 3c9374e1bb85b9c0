// What is wrong is said at once and with its place; what is meant is read whatever it looks like.

#include "config/load.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string small = R"(people:
  - {id: bob, reach: {page: [pager]}}
channels:
  - {name: pager, kind: webhook, url: "https://hooks.example.org/x"}
)";

Loaded good(const std::string& text) {
  auto loaded = load_text(text, "t.yaml");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  return loaded;
}

std::string errors(const std::string& text) {
  return lines(load_text(text, "t.yaml").errors);
}
std::string warnings(const std::string& text) {
  return lines(good(text).warnings);
}

}  // namespace

TEST_CASE("mistakes give one message each with its place, all in one go") {
  CHECK(errors(R"(http: {lisen: ["127.0.0.1:9966"]}
people:
  - {id: bob, reach: {page: [pagre]}}
channels:
  - {name: pager, kind: webhok, url: "https://hooks.example.org/x"}
hold_down: {error: 90}
rules:
  - id: r1
    match: ['alertname=~"("']
    set: {category: databse}
)") == R"(t.yaml:1:8: unknown key 'lisen' in http, did you mean 'listen'?
t.yaml:3:30: unknown channel 'pagre', did you mean 'pager'?
t.yaml:5:25: kind is terminal, mailbox, webhook, smtp, slack, syslog or exec, not 'webhok', )"
       R"(did you mean 'webhook'?
t.yaml:6:20: error is a duration such as 90s, 4h, 1h30m or 2d, not '90'
t.yaml:9:13: in the matcher 'alertname=~"("': bad regular expression: missing ): (
t.yaml:10:21: unknown category 'databse', did you mean 'database'?
)");
}

TEST_CASE("each mistake by itself") {
  const struct {
    const char* text;
    const char* message;
  } table[] = {
      {"chanels: []", "1:1: unknown key 'chanels' in the configuration, did you mean 'channels'?"},
      {"schedules: []", "1:1: unknown key 'schedules' in the configuration"},
      {"people: bob", "1:9: people is a list, not 'bob'"},
      {"people: [bob]", "1:10: a person is a map of keys, not a plain value"},
      {"people: [{email: x@y}]", "1:10: a person has no id"},
      {"people: [{id: bob}, {id: bob}]", "1:26: person 'bob' stands twice, first in t.yaml:1"},
      {"people: [{id: lead}]", "'lead' means something else in an escalation"},
      {"people: [{id: bob, email: bob}]", "1:27: 'bob' is no mail address"},
      {"groups: [{id: g, members: [alice]}]", "1:28: unknown person 'alice'"},
      {"groups: [{id: g, channel: slack}]", "1:27: unknown channel 'slack'"},
      {"roles: {incident_manger: [bob]}", "did you mean 'incident_manager'?"},
      {"catch_all: {people: [eve]}", "1:22: unknown person 'eve'"},
      {"default_group: nobody", "1:16: unknown group 'nobody'"},
      {"dispositions: {forecast_horizon: 23h}", "1:15: forecast_horizon is at least 1d"},
      {"channels: [{name: x, kind: webhook}]", "1:12: a channel of kind webhook has no url"},
      {"channels: [{name: x, kind: webhook, url: ftp://x}]", "url starts with https:// or http://"},
      {"channels: [{name: x, kind: terminal, url: x}]", "1:38: unknown key 'url' in a channel"},
      {"channels: [{name: terminal, kind: mailbox, directory: x}]",
       "the channel 'terminal' is always of kind terminal"},
      {"channels: [{name: x, kind: terminal, in_flight_max: 0}]",
       "1:53: in_flight_max is a whole number from 1 to 4, not '0'"},
      {"channels: [{name: x, kind: webhook, url_file: gone}]", "cannot be read"},
      {"channels: [{name: x, kind: smtp, from: a@b.example}]",
       "1:12: a channel of kind smtp has no host"},
      {"channels: [{name: x, kind: smtp, host: h}]", "a channel of kind smtp has no from"},
      {"channels: [{name: x, kind: smtp, host: h, from: Tocsin}]",
       "1:49: from is a bare mail address, not 'Tocsin'"},
      {"channels: [{name: x, kind: smtp, host: 'h h', from: a@b.example}]",
       "1:40: host is a name or an address"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, port: many}]",
       "port is a whole number"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, port: 65536}]",
       "1:68: port is a whole number from 1 to 65535"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, starttls: maybe}]",
       "1:72: starttls is required, optional or never, not 'maybe'"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, tls: true, starttls: never}]",
       "starttls and tls are both given"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, tls: 'yes'}]",
       "tls is true or false"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, username: u}]",
       "1:72: username and password belong together"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, username: u, password: p, "
       "starttls: optional}]",
       "a password would leave in the clear"},
      {"channels: [{name: x, kind: smtp, host: h, from: a@b.example, ca_file: gone.pem}]",
       "gone.pem' cannot be read"},
      {"channels: [{name: x, kind: smtp, hots: h, host: h, from: a@b.example}]",
       "unknown key 'hots' in a channel, did you mean 'host'?"},
      {"channels: [{name: x, kind: exec}]", "a channel of kind exec has no command"},
      {"channels: [{name: x, kind: exec, command: page-me}]",
       "1:43: a program is named from / on, not 'page-me'"},
      {"channels: [{name: x, kind: exec, command: /nonexistent/x}]",
       "the program '/nonexistent/x' cannot be run"},
      {"channels: [{name: x, kind: exec, command: /etc}]", "the program '/etc' cannot be run"},
      {"channels: [{name: x, kind: exec, command: /bin/true, arguments: [a, '']}]",
       "arguments are words of one line, and none is empty"},
      {"channels: [{name: x, kind: slack}]", "a channel of kind slack has no url"},
      {"channels: [{name: x, kind: slak}]", "did you mean 'slack'?"},
      {"channels: [{name: x, kind: syslog, path: ''}]", "path is empty"},
      {"people: [{id: bob, reach: {page: [x]}}]\n"
       "channels: [{name: x, kind: smtp, host: h, from: a@b.example, to: c@b.example}]",
       "1:10: 'bob' is told by 'x', which is mail, and has no email"},
      {"people: [{id: bob, email: b@b.example}]\ngroups: [{id: g, members: [bob], channel: x}]\n"
       "channels: [{name: x, kind: smtp, host: h, from: a@b.example}]",
       "3:12: the channel 'x' is told itself, as that of a group or the last resort, and has no "
       "to"},
      {"people: [{id: bob, time_zone: Europe/Berlni}]",
       "1:31: unknown time zone 'Europe/Berlni', did you mean 'Europe/Berlin'?"},
      {"people: [{id: bob, time_zone: ../../etc/passwd}]", "unknown time zone"},
      {"instance: {time_zone: Mars}", "1:23: unknown time zone 'Mars'"},
      {"http: {listen: nowhere}", "1:16: listen is host:port, [v6]:port or :port, not 'nowhere'"},
      {"http: {listen: [\"h:70000\"]}", "listen is host:port"},
      {"heartbeat: {every: 60s}", "1:12: heartbeat has no url and no url_file"},
      {"heartbeat: {url: \"https://a\", url_file: b}", "url and url_file are both given"},
      {"heartbeat: {url: \"https://a\", every: 9s}", "every is 10s to 1h"},
      {"heartbeat: {url: s3cret}", "the url of the heartbeat starts with https:// or http://"},
      {"http: {external_url: tocsin.example.org}", "external_url starts with https:// or http://"},
      {"http: {connections_per_address_max: 0}",
       "1:37: connections_per_address_max is a whole number from 1 to 1024, not '0'"},
      {"http: {loopback_may_act: 1}", "1:26: loopback_may_act is true or false, not '1'"},
      {"http: {loopback_may_act: \"true\"}", "loopback_may_act is true or false"},
      {"tokens: [{name: t, roles: [engineer], token: x}]", "a token that may act names its person"},
      {"tokens: [{name: t, roles: [viewer]}]", "1:10: neither token nor token_file is given"},
      {"tokens: [{name: t, roles: [viewr], token: x}]", "did you mean 'viewer'?"},
      {"tokens: [{name: t, roles: [viewer], token: sha256:12}]", "64 lower-case hex digits"},
      {"tokens: [{name: t, roles: [viewer], token: x, token_file: y}]",
       "token and token_file are both given"},
      {"tokens: [{name: t, roles: [viewer], token: x}, {name: u, roles: [viewer], token: x}]",
       "the tokens 't' and 'u' are the same"},
      {"integrations: [{name: p, source: zabbix}]",
       "source is alertmanager_v2, alertmanager_webhook, generic, grafana or jq, not 'zabbix'"},
      {"integrations: [{name: A/b, source: generic}]",
       "the name of an integration is part of a path"},
      {"severities: {sev1: urgent}", "1:20: a severity is critical, error, warning or info"},
      {"severities: {critical: info}", "'critical' is a severity of ours and means itself"},
      {"ci_labels: {a: b}", "ci_labels is a list, not a map"},
      {"cis: [{id: a, criticality: high}]", "criticality is mission_critical, business_critical"},
      {"cis: [{id: a, supports: [b]}]", "1:26: unknown CI 'b'"},
      {"cis: [{id: a, aliases: [B]}, {id: b}]", "'b' already means the CI of t.yaml:1"},
      {"cis: [{id: a, users: many}]", "users is a whole number"},
      {"rules: [{id: r, match: ['a'], set: {}}]", "in the matcher 'a': expected ="},
      {"rules: [{id: r}]", "1:9: a rule sets something: it has no set"},
      {"rules: [{id: r, set: {}}, {id: r, set: {}}]", "rule 'r' stands twice, first in t.yaml:1"},
      {"rules: [{id: r, set: {category: storage, subcategory: disk_fualt}}]",
       "category 'storage' has no subcategory 'disk_fualt', did you mean 'disk_fault'?"},
      {"rules: [{id: r, set: {symptom: S16}}]", "a symptom is S01 to S15 or S99, not 'S16'"},
      {"rules: [{id: r, set: {severity: high}}]", "severity is critical, error, warning or info"},
      {"rules: [{id: r, set: {group: g}}]", "1:30: unknown group 'g'"},
      {"priority: {matrix: [[P1]]}",
       "the matrix has 3, 4 or 5 rows (impact) of as many priorities (urgency)"},
      {"priority: {matrix: [[P1, P2, P3], [P2, P3, P4], [P3, P4]]}",
       "the matrix has 3, 4 or 5 rows (impact) of as many priorities (urgency)"},
      {"priority: {matrix: [[P1, P2, P3], [P2, P3, P4], [P3, P2, P5]]}",
       "1:54: impact 3, urgency 2 is P2, more urgent than a neighbour that is worse (P3)"},
      {"priority: {matrix: [[P1, P2, P3], [P2, P3, P4], [P3, P4, P5]], unknown_ci_impact: 4}",
       "unknown_ci_impact is a whole number from 1 to 3"},
      {"priority: {matrix: [[P1, P1, P2, P3], [P2, P2, P3, P4], [P2, P3, P4, P5], [P3, P4, P3, "
       "P5]]}",
       "1:84: impact 4, urgency 3 is P3, more urgent than a neighbour that is worse (P4)"},
      {"priority: {matrix: [[P1, P1, P2, P6], [P2, P2, P3, P4], [P2, P3, P4, P5], [P3, P4, P5, "
       "P5]]}",
       "a cell of the matrix is P1 to P5, not 'P6'"},
      {"escalation: {P6: []}", "escalation is by priority: P1 to P5, not 'P6'"},
      {"escalation: {P1: [{to: [primary]}]}", "a step has no at"},
      {"escalation: {P1: [{at: 0m}]}", "a step speaks to nobody"},
      {"escalation: {P1: [{at: soon, to: [primary]}]}", "a step comes at a duration such as 10m"},
      {"escalation: {P1: [{at: 5m, to: [primary]}, {at: 1m, to: [primary]}]}",
       "a step comes before the one above it"},
      {"escalation: {P1: [{at: 0m, to: [primry]}]}",
       "unknown person, role or position 'primry', did you mean 'primary'?"},
      {"escalation: {P1: [{at: 0m, to: [primary], page: false}]}",
       "1:18: a P1 of group 'default' reaches nobody"},
      {"escalation: {P1: {steps: [{at: 0m, to: [primary]}], repeat: {from: 1, every: 5m, max: 2}}}",
       "from is a whole number from 0 to 0, not '1'"},
      {"lifecycle: {resolve_timeout: 0s}", "resolve_timeout is at least 1s"},
      {"integrations: [{name: j, source: jq}]",
       "1:16: an integration of the source 'jq' has no program"},
      {"integrations: [{name: j, source: generic, program: x.jq}]",
       "1:52: the source 'generic' has no program"},
      {"integrations: [{name: j, source: jq, program: gone.jq}]", "gone.jq' cannot be read"},
      {"integrations: [{name: j, source: jq, program: x.jq, program_text: .}]",
       "1:67: program and program_text are both given"},
      {"integrations: [{name: j, source: jq, program_text: ' '}]", "program_text is empty"},
      {"integrations: [{name: j, source: jq, program_text: \"a\\0\"}]",
       "program_text is not UTF-8 text"},
      {"integrations: [{name: g, source: generic, repeat_interval: 4h}]",
       "1:60: a sender of the source 'generic' repeats within minutes: it has no repeat_interval"},
      {"integrations: [{name: g, source: grafana, repeat_interval: 0s}]",
       "1:60: repeat_interval is at least 1s"},
      {"integrations: [{name: g, source: grafana, repeat_interval: often}]",
       "1:60: repeat_interval is a duration such as 90s, 4h, 1h30m or 2d, not 'often'"},
      {"integrations: [{name: g, source: grafana, repeat_intervall: 4h}]",
       "did you mean 'repeat_interval'?"},
      {"integrations: [{name: g, source: generic, quota: 5}]",
       "1:50: quota is a map of keys, not a"},
      {"integrations: [{name: g, source: generic, quota: {}}]",
       "1:50: quota has no alerts_per_second"},
      {"integrations: [{name: g, source: generic, quota: {alerts_per_second: 0}}]",
       "1:70: alerts_per_second is a whole number from 1 to 1000000, not '0'"},
      {"integrations: [{name: g, source: generic, quota: {alerts_per_second: 5, bursts: 9}}]",
       "unknown key 'bursts' in quota, did you mean 'burst'?"},
      {"store: {path: {}}", "path is text, not a map"},
      {"instance: {name: a, name: b}", "1:21: key 'name' is given twice, first in line 1"},
      {"- a\n- b", "1:1: the configuration is a map of keys, not a list"},
      {"--- {}\n--- {}", "more than one document in a file"},
  };
  for (const auto& row : table) {
    const std::string text(row.text);
    // A section that the case is not about, unless it is the case.
    std::string whole = text + "\n";
    if (text.find("people") == std::string::npos || text.rfind("people", 0) != 0)
      if (text[0] != '-') whole += "people: [{id: bob}]\n";
    INFO(whole);
    const std::string said = errors(whole);
    INFO(said);
    CHECK(said.find(row.message) != std::string::npos);
    CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  }
}

TEST_CASE("a syntax error is the only thing said of its file") {
  CHECK(errors("chanels: []\npeople: [{id: bob}\n") ==
        "t.yaml:3:1: end of sequence flow not found\n");
  CHECK(errors("a: \"x\nb: c") != "");
}

TEST_CASE("nobody to page") {
  CHECK(errors("") ==
        "t.yaml:1:1: a P1 would reach nobody: there are no people, and no catch_all "
        "with a channel that leaves this machine\n");
  const auto program =
      load_text(R"(channels: [{name: hook, kind: webhook, url: "https://x.example.org"}]
catch_all: {channel: hook}
)",
                "t.yaml");
  CHECK(program.errors.empty());
}

TEST_CASE("nothing but people") {
  const auto loaded = good("people: [{id: zoe}, {id: bob}]");
  const Settings& s = *loaded.settings;
  REQUIRE(s.person("bob"));
  CHECK(s.person("bob")->page == std::vector<std::string>{"terminal"});
  REQUIRE(s.group("default"));
  CHECK(s.group("default")->members == std::vector<std::string>{"bob", "zoe"});
  CHECK(s.default_group == "default");
  CHECK(s.catch_all_people == s.group("default")->members);
  CHECK(s.channel("terminal"));
  CHECK(s.sources == std::vector<std::string>{"alertmanager", "generic"});
  CHECK(s.rules.size() > 30);
  CHECK(s.policies[0].steps.size() == 5);
  CHECK(s.policies[0].must_page);
  CHECK(s.policies[2].steps[1].after == hours(1));
  CHECK_FALSE(s.policies[2].steps[1].to[0].page);
  CHECK(s.tree.categories.size() == 15);
  CHECK(lines(loaded.warnings).find("every page ends on the terminal") != std::string::npos);
}

TEST_CASE("a sender that repeats seldom promises more than resolve_timeout") {
  const auto loaded = good(small + R"(integrations:
  - {name: am, source: alertmanager_webhook}
  - {name: graf, source: grafana, repeat_interval: 20m}
  - {name: prom, source: alertmanager_v2}
)");
  const Settings& s = *loaded.settings;
  CHECK(s.promise("am") == hours(5));
  CHECK(s.promise("graf") == minutes(30));
  CHECK(s.promise("prom") == Span{});
  CHECK(s.text.find("repeat_interval: 4h") != std::string::npos);
  CHECK(load_stored(s.text).settings->promises == s.promises);
}

TEST_CASE("a quota without a burst takes a minute's worth at once") {
  const auto loaded = good(small + R"(integrations:
  - {name: a, source: generic, quota: {alerts_per_second: 50}}
  - {name: b, source: generic, quota: {alerts_per_second: 50, burst: 70}}
  - {name: c, source: generic}
)");
  const auto& given = loaded.body.integrations;
  CHECK(given[0].quota == Quota{50, 3000});
  CHECK(given[1].quota == Quota{50, 70});
  CHECK(given[2].quota == Quota{});
  const auto stored = load_stored(loaded.settings->text);
  REQUIRE(stored.settings);
  CHECK(stored.settings->hash == loaded.settings->hash);
  CHECK(stored.body.integrations[1].quota == Quota{50, 70});
}

TEST_CASE("percentages are of the response time that is in force") {
  const auto loaded = good(small + "response: {P3: 4h}\n");
  CHECK(loaded.settings->policies[2].steps[1].after == hours(2));
}

TEST_CASE("a person without a way is reached by the first channel that leaves the machine") {
  const auto loaded = good(small + "default_group: all\ngroups: [{id: all, members: [bob]}]\n");
  CHECK(loaded.settings->person("bob")->page == std::vector<std::string>{"pager"});
  CHECK(loaded.warnings.empty());
  CHECK(loaded.settings->catch_all_channel == "pager");
}

TEST_CASE("users' rules stand before the built-in ones and replace those of the same id") {
  const auto loaded = good(small + R"(rules:
  - {id: m165, match: ['alertname="Mine"'], set: {category: unknown}}
  - {id: zz, match: ['alertname="Other"'], set: {category: storage, subcategory: capacity}}
)");
  const auto& rules = loaded.settings->rules;
  CHECK(rules[0].id == "m165");
  CHECK(rules[1].id == "zz");
  CHECK(rules[2].id == "m100");
  CHECK(std::count_if(rules.begin(), rules.end(), [](const Rule& r) { return r.id == "m165"; }) ==
        1);
  CHECK(good(small + "default_rules: []\n").settings->rules.empty());
}

TEST_CASE("warnings") {
  CHECK(
      warnings(small + "rules:\n  - {id: a, match: ['x=\"1\"'], set: {}}\n"
                       "  - {id: b, match: ['x=\"1\"', 'y=\"2\"'], set: {}}\n") ==
      "t.yaml:7:5: rule 'b' never matches: rule 'a' (t.yaml:6) comes first and takes all it would "
      "take\n");
  CHECK(warnings(small + "rules:\n  - {id: b, match: ['x=\"1\"'], set: {}}\n"
                         "  - {id: a, match: ['y=\"1\"'], set: {}}\n") ==
        "t.yaml:7:5: rules are asked in the order of their ids: 'a' comes before 'b'\n");
  for (const char* url :
       {"http://localhost:9966", "http://127.0.0.1", "https://tocsin.local", "https://10.1.2.3/x",
        "http://192.168.1.1", "http://172.20.0.1", "http://[::1]:9966", "http://server"}) {
    INFO(url);
    CHECK(warnings(small + "http: {external_url: \"" + url + "\"}\n")
              .find("does not open on a phone") != std::string::npos);
  }
  for (const char* url :
       {"https://tocsin.example.org", "https://172.15.0.1", "http://203.0.113.7:80/a/"}) {
    INFO(url);
    CHECK(warnings(small + "http: {external_url: \"" + url + "\"}\n") == "");
  }
  CHECK(warnings(small + "http: {listen: \":9966\"}\n").find("it has no token") !=
        std::string::npos);
  const std::string led = small + "roles: {major_incident_manager: [bob]}\ntokens:\n";
  const auto token = [&](const char* role) {
    return led + "  - {name: t, person: bob, roles: [" + role + "], token: \"s\"}\n";
  };
  CHECK(warnings(token("engineer")).find("cannot decide, resolve or close one") !=
        std::string::npos);
  CHECK(warnings(token("major_incident_manager")) == "");
  CHECK(good(token("engineer")).settings->roles_borne == 1u << index(Role::engineer));
  CHECK(good(small).settings->roles_borne == UINT32_MAX);
  CHECK(
      warnings(small + "groups: [{id: a, members: [bob]}, {id: b}]\n") ==
      "t.yaml:1:1: no default_group is given: what no CI and no rule gives to a group goes to 'a'\n"
      "t.yaml:5:35: group 'b' has no members; its pages go to the catch-all\n");
}

TEST_CASE("secrets: hashed for tokens, read for channels, never in a message") {
  Folder folder;
  folder.write("token", "s3cret\n");
  folder.write("hashed",
               "sha256:4e738ca5563c06cfd0018299933d58db1dd8bf97f6973dc99bf6cdc64b5550bd\n");
  folder.write("hook", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  const auto file = folder.write("main.yaml", R"(
people: [{id: bob}]
tokens:
  - {name: a, person: bob, roles: [engineer, viewer], token_file: token}
  - {name: b, roles: [viewer], token_file: hashed}
channels:
  - {name: pager, kind: webhook, url: "https://hooks.example.org/x", secret_file: hook}
)");
  const auto loaded = load_file(file);
  CHECK(lines(loaded.errors).empty());
  REQUIRE(loaded.settings);
  REQUIRE(loaded.body.tokens.size() == 2);
  CHECK(loaded.body.tokens[0].sha256 ==
        "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0");
  CHECK(loaded.body.tokens[0].roles == (1u << index(Role::engineer) | 1u << index(Role::viewer)));
  CHECK(loaded.body.tokens[1].sha256.starts_with("4e738ca5"));
  CHECK(loaded.settings->channel("pager")->settings.at("secret") ==
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  CHECK(loaded.settings->text.find("whsec_") == std::string::npos);
  CHECK(loaded.settings->text.find("s3cret") == std::string::npos);

  const auto again = load_stored(loaded.settings->text);
  REQUIRE(again.settings);
  CHECK(again.settings->hash == loaded.settings->hash);
  CHECK(again.settings->channel("pager")->settings == loaded.settings->channel("pager")->settings);

  std::filesystem::remove(folder.path() + "/hook");
  CHECK_FALSE(load_file(file).settings);
  const auto stored = load_stored(loaded.settings->text);
  CHECK(stored.settings);  // better without a signature than without an alarm
  CHECK(stored.warnings.size() == 1);
}

TEST_CASE("a file that is not there") {
  CHECK(lines(load_file("/nowhere/tocsin.yaml").errors) ==
        "/nowhere/tocsin.yaml: the file cannot be read\n");
}

TEST_CASE("hundreds of files may add one CI each, and stand in the order of their names") {
  test::Folder folder;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(1000 + i);
    folder.write("cis-" + n + ".yaml", "cis:\n  - {id: host-" + n + ", class: server}\n");
  }
  const std::string main = folder.write(
      "main.yaml", "people: [{id: bob}]\ncis: [{id: first}]\ninclude: [\"cis-*.yaml\"]\n");
  const Loaded loaded = load_file(main);
  INFO(test::lines(loaded.errors));
  REQUIRE(loaded.settings);
  REQUIRE(loaded.settings->cis.size() == 301);
  CHECK(loaded.settings->cis.front().id == "first");
  CHECK(loaded.settings->cis[1].id == "host-1000");
  CHECK(loaded.settings->cis.back().id == "host-1299");
}
