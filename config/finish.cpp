// After the last section: names are looked up, gaps are filled, and the whole is judged.
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <set>

#include "config/compiler.hpp"
#include "rules/model/matcher_index.hpp"

namespace tocsin::config {
namespace {

template <class Row>
void sort_by(std::vector<Row>& rows, std::string Row::*key) {
  std::sort(rows.begin(), rows.end(),
            [key](const Row& a, const Row& b) { return a.*key < b.*key; });
}

template <class Row>
std::vector<std::string> ids(const std::vector<Row>& rows, std::string Row::*key) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.*key);
  return out;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

bool is_loopback(std::string_view listen) {
  return listen.starts_with("127.") || listen.starts_with("localhost:") ||
         listen.starts_with("[::1]");
}

// A sender looks at the clock only every so often (Alertmanager: every group_interval, 5 minutes by
// default) and tries again when we did not answer: a repeat is never early and often a little late.
Span promise_of(Span repeat_interval) {
  return {saturated_sum(repeat_interval.ms, std::max(repeat_interval.ms / 4, minutes(10).ms))};
}

}  // namespace

void Compiler::finish() {
  sort_by(settings.people, &Person::id);
  sort_by(settings.groups, &Group::id);
  sort_by(settings.cis, &Ci::id);
  sort_by(settings.pools, &Pool::id);
  sort_by(settings.critical_periods, &CriticalPeriod::id);
  sort_by(settings.windows, &MaintenanceWindow::id);
  sort_by(settings.inhibit, &InhibitRule::id);
  sort_by(settings.heartbeats, &Heartbeat::name);
  sort_by(settings.known_errors, &KnownError::id);
  sort_by(settings.channels, &Channel::name);
  sort_by(body.tokens, &Token::name);
  sort_by(body.integrations, &Integration::name);
  for (const auto& integration : body.integrations) {
    settings.sources.push_back(integration.name);
    if (integration.repeat_interval > Span{})
      settings.promises[integration.name] = promise_of(integration.repeat_interval);
  }
  if (!body.syslog.empty()) settings.sources.emplace_back(syslog_source);
  if (!settings.heartbeats.empty()) settings.sources.emplace_back(heartbeat_source);
  references();
  sources_of_rules();
  order_rules();
  compile_syslog_rules();
  index_cis();
  if (!report_.errors.empty()) return;  // the rest would only repeat them
  index_matchers(settings);
  unreachable_rules();
  crowded_rules();
  index_pools();
  connect_cis();
  compile_windows();
  compile_inhibition();
  compile_heartbeats();
  compile_known_errors();
  fill_in_people();
  everybody_has_an_address();
  somebody_hears_a_p1();
  warn_of_open_doors();
  somebody_leads();
}

void Compiler::references() {
  const auto people = ids(settings.people, &Person::id);
  auto channels = ids(settings.channels, &Channel::name);
  channels.emplace_back("terminal");  // there is always one
  auto targets = people;
  targets.insert(targets.end(), step_positions().begin(), step_positions().end());
  targets.insert(targets.end(), role_words().begin(), role_words().end());
  std::vector<std::string> calendars{std::string(always_open)};
  for (const auto& [id, calendar] : settings.calendars) calendars.push_back(id);
  struct Known {
    const char* noun;
    std::vector<std::string> names;
    absl::flat_hash_set<std::string> set;
  };
  Known known[] = {{"person", people, {}},
                   {"group", ids(settings.groups, &Group::id), {}},
                   {"channel", std::move(channels), {}},
                   {"CI", ids(settings.cis, &Ci::id), {}},
                   {"pool", ids(settings.pools, &Pool::id), {}},
                   {"calendar", std::move(calendars), {}},
                   {"person, role or position", std::move(targets), {}}};
  for (Known& k : known) k.set.insert(k.names.begin(), k.names.end());
  absl::flat_hash_set<std::string_view> imported;
  for (const Ci& ci : settings.cis)
    if (ci.imported) imported.insert(ci.id);
  for (const auto& [kind, word, by_imported] : references_) {
    const Known& k = known[static_cast<std::size_t>(kind)];
    if (kind == Kind::ci && !by_imported && imported.contains(word.text))
      report_.error(word.mark, "CI '" + word.text +
                                   "' was imported, and files have to be whole without it: list "
                                   "it in one of them");
    else if (!k.set.contains(word.text))
      report_.error(word.mark, std::string("unknown ") + k.noun + " '" + word.text + "'" +
                                   did_you_mean(word.text, k.names));
  }
}

// The users' rules first, each part by id; a rule of the same id replaces a built-in one.
void Compiler::order_rules() {
  sort_by(own_rules, &Rule::id);
  sort_by(default_rules, &Rule::id);
  std::set<std::string> own;
  for (const auto& rule : own_rules) own.insert(rule.id);
  std::erase_if(default_rules, [&](const Rule& rule) { return own.count(rule.id) > 0; });
  settings.rules = own_rules;
  settings.rules.insert(settings.rules.end(), default_rules.begin(), default_rules.end());
}

void Compiler::sources_of_rules() {
  for (const auto& word : named_sources_)
    if (std::find(settings.sources.begin(), settings.sources.end(), word.text) ==
            settings.sources.end() &&
        word.text != syslog_source)
      report_.error(word.mark, "unknown integration '" + word.text + "'" +
                                   did_you_mean(word.text, settings.sources));
}

void Compiler::index_cis() {
  std::size_t names = settings.cis.size();
  for (const Ci& ci : settings.cis) names += ci.aliases.size();
  settings.ci_by_name.reserve(names);
  for (std::uint32_t i = 0; i < settings.cis.size(); ++i) {
    settings.ci_by_name[lower(settings.cis[i].id)] = i;
    for (const auto& alias : settings.cis[i].aliases) settings.ci_by_name[lower(alias)] = i;
  }
}

void Compiler::index_pools() {
  const auto place = [this](const Ci& ci) {
    return static_cast<std::uint32_t>(&ci - settings.cis.data());
  };
  for (Pool& pool : settings.pools) {
    for (const auto& id : pool.supports) pool.serves.push_back(place(*settings.ci(id)));
    std::sort(pool.serves.begin(), pool.serves.end());
  }
  for (const Ci& ci : settings.cis)
    if (const Pool* pool = ci.pool.empty() ? nullptr : settings.pool(ci.pool))
      settings.pools[static_cast<std::size_t>(pool - settings.pools.data())].members.push_back(
          place(ci));
  for (const Pool& pool : settings.pools) {
    // Files have to be whole without what was imported.
    const auto listed = std::count_if(pool.members.begin(), pool.members.end(),
                                      [&](std::uint32_t ci) { return !settings.cis[ci].imported; });
    if (listed < static_cast<std::ptrdiff_t>(pool.min_members))
      report_.error(pool_marks_[pool.id], "pool '" + pool.id + "' needs " +
                                              std::to_string(pool.min_members) +
                                              " members and has " + std::to_string(listed) +
                                              ": a CI says `pool: " + pool.id + "` to be one");
  }
}

// What a pool supports depends on its members softly: while enough of them are up, one is not
// missed.
void Compiler::connect_cis() {
  std::vector<DependencyGraph::Edge> edges;
  const auto place = [this](const std::string& id) {
    return static_cast<std::uint32_t>(settings.ci(id) - settings.cis.data());
  };
  for (std::uint32_t i = 0; i < settings.cis.size(); ++i) {
    const Ci& ci = settings.cis[i];
    for (const auto& id : ci.supports) edges.push_back({place(id), i, true});
    for (const auto& id : ci.depends_on) edges.push_back({i, place(id), true});
    for (const auto& id : ci.soft_depends_on) edges.push_back({i, place(id), false});
  }
  for (const Pool& pool : settings.pools)
    for (const std::uint32_t member : pool.members)
      for (const std::uint32_t service : pool.serves) edges.push_back({service, member, false});
  settings.dependencies = {static_cast<std::uint32_t>(settings.cis.size()), std::move(edges)};
  const auto cycle = settings.dependencies.some_cycle();
  if (cycle.empty()) return;
  std::string way;
  for (const std::uint32_t ci : cycle) way += settings.cis[ci].id + " -> ";
  report_.warning(ci_marks_[settings.cis[cycle.front()].id],
                  "CIs depend on each other in a circle: " + way + settings.cis[cycle.front()].id);
}

// The first by name that leaves the machine and can reach `person`, or itself when there is none;
// else the terminal.
std::string Compiler::default_channel(const Person* person) const {
  for (const auto& channel : settings.channels) {
    const bool addressed = person ? !person->email.empty() : channel.settings.count("to") > 0;
    if (!stays_here(channel) && (addressed || !by_mail(channel.name))) return channel.name;
  }
  return "terminal";
}

bool Compiler::by_mail(const std::string& name) const {
  const Channel* channel = settings.channel(name);
  const ChannelKind* kind = channel ? find_channel_kind(channel->kind) : nullptr;
  return kind && kind->by_mail;
}

bool Compiler::stays_here(const Channel& channel) const {
  const ChannelKind* kind = find_channel_kind(channel.kind);
  return !kind || kind->this_machine;
}

// A channel by mail reaches a person by their address, and nobody in particular by its own.
void Compiler::everybody_has_an_address() {
  for (const auto& person : settings.people) {
    auto ways = person.page;
    ways.insert(ways.end(), person.inform.begin(), person.inform.end());
    const auto way =
        std::find_if(ways.begin(), ways.end(), [this](const auto& name) { return by_mail(name); });
    if (way != ways.end() && person.email.empty())
      report_.error(person_marks_[person.id], "'" + person.id + "' is told by '" + *way +
                                                  "', which is mail, and has no email");
  }
  std::set<std::string> alone{settings.catch_all_channel};
  for (const auto& group : settings.groups) alone.insert(group.channel);
  for (const auto& name : alone)
    if (by_mail(name) && settings.channel(name)->settings.count("to") == 0)
      report_.error(channel_marks_[name], "the channel '" + name +
                                              "' is told itself, as that of a group or the last "
                                              "resort, and has no to");
}

void Compiler::fill_in_people() {
  if (std::none_of(settings.channels.begin(), settings.channels.end(),
                   [](const Channel& c) { return c.name == "terminal"; })) {
    Channel terminal;
    terminal.name = terminal.kind = "terminal";
    settings.channels.push_back(std::move(terminal));
    sort_by(settings.channels, &Channel::name);
  }
  for (auto& person : settings.people)
    if (person.page.empty()) person.page = {default_channel(&person)};
  const auto everyone = ids(settings.people, &Person::id);
  if (settings.groups.empty() && !everyone.empty())
    settings.groups.push_back({"default", everyone, "", ""});
  if (settings.default_group.empty() && !settings.groups.empty()) {
    settings.default_group = settings.groups.front().id;
    if (settings.groups.size() > 1)
      report_.warning(top_,
                      "no default_group is given: what no CI and no rule gives to a group goes "
                      "to '" +
                          settings.default_group + "'");
  }
  if (settings.catch_all_people.empty()) {
    const auto managers = settings.roles.find("incident_manager");
    const Group* group = settings.group(settings.default_group);
    if (managers != settings.roles.end())
      settings.catch_all_people = managers->second;
    else if (group && !group->members.empty())
      settings.catch_all_people = group->members;
    else
      settings.catch_all_people = everyone;
  }
  if (settings.catch_all_channel.empty()) settings.catch_all_channel = default_channel(nullptr);
}

bool Compiler::reaches_somebody(const Group& group) const {
  bool anybody = false;
  for (const auto& step : settings.policies[index(Priority::P1)].steps)
    for (const auto& target : step.to) {
      bool found = false;
      switch (target.kind) {
        case Target::Kind::primary:
        case Target::Kind::everyone:
          found = !group.members.empty();
          break;
        case Target::Kind::secondary:
          found = group.members.size() > 1;
          break;
        case Target::Kind::lead:
          found = !group.lead.empty();
          break;
        case Target::Kind::channel:
          found = !group.channel.empty();
          break;
        case Target::Kind::role:
          found = settings.roles.count(target.name) > 0;
          break;
        case Target::Kind::person:
          found = true;
          break;
        case Target::Kind::catch_all:
          found = !settings.catch_all_people.empty();
          break;
      }
      if (found && target.page) return true;
      anybody = anybody || found;
    }
  // A policy that finds nobody at all goes to the catch-all.
  const Channel* last = settings.channel(settings.catch_all_channel);
  return !anybody && (!settings.catch_all_people.empty() || (last && !stays_here(*last)));
}

void Compiler::somebody_hears_a_p1() {
  const Channel* last = settings.channel(settings.catch_all_channel);
  if (settings.people.empty() && last && stays_here(*last))
    return report_.error(top_,
                         "a P1 would reach nobody: there are no people, and no catch_all with "
                         "a channel that leaves this machine");
  for (const auto& group : settings.groups)
    if (!reaches_somebody(group))
      report_.error(p1_, "a P1 of group '" + group.id +
                             "' reaches nobody: no step of the escalation "
                             "pages anyone who exists");
  if (std::all_of(settings.channels.begin(), settings.channels.end(),
                  [this](const Channel& c) { return stays_here(c); }))
    report_.warning(top_,
                    "every page ends on the terminal of this machine: give somebody a channel "
                    "that wakes them");
}

// Who acts has a token; who is paged need not have one. A major incident that nobody may end is
// open for ever.
void Compiler::somebody_leads() {
  if (body.loopback_may_act) return;
  std::uint32_t borne = 0;
  for (const Token& token : body.tokens) borne |= token.roles;
  if (!body.tokens.empty()) settings.roles_borne = borne;
  const auto it = settings.roles.find("major_incident_manager");
  if (it == settings.roles.end()) return;
  for (const auto& person : it->second)
    if (std::none_of(body.tokens.begin(), body.tokens.end(), [&](const Token& token) {
          return token.person == person &&
                 (token.roles >> index(Role::major_incident_manager) & 1u);
        }))
      report_.warning(top_, "'" + person +
                                "' is paged to lead major incidents and has no token of the role "
                                "major_incident_manager: they cannot decide, resolve or close one");
}

void Compiler::warn_of_open_doors() {
  const bool open = !std::all_of(body.listen.begin(), body.listen.end(), is_loopback);
  for (const auto& integration : body.integrations)
    if (open && !has_users_ && integration.token_sha256.empty())
      report_.warning(top_, "anybody who reaches " + body.listen.front() + " may send to '" +
                                integration.name + "': it has no token");
  if (open && body.loopback_may_act)
    report_.warning(top_,
                    "loopback_may_act is for demonstrations and this listens beyond the machine");
}

}  // namespace tocsin::config
