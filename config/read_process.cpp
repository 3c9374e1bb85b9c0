// The sections that say how urgent something is and how it goes on: priority, escalation, times.
#include <algorithm>

#include "config/compiler.hpp"
#include "rules/model/rows.hpp"

namespace tocsin::config {

namespace {

constexpr std::size_t steps_max = 32, targets_max = 16;

// "50%" of the time to respond, whatever its calendar; a duration otherwise.
std::optional<Span> offset(const std::string& text, Span response) {
  if (!text.ends_with("%")) return parse_duration(text);
  const std::string digits = text.substr(0, text.size() - 1);
  if (digits.empty() || digits.size() > 4 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return {};
  return Span{response.ms * std::stoi(digits) / 100};
}

}  // namespace

void Compiler::priority(Reader& root) {
  const Node* node = root.find("priority");
  if (!node) return;
  Reader section(*node, "priority", report_);
  if (const Node* given = section.find("matrix")) matrix(*given);
  std::int64_t impact = std::min(settings.unknown_ci_impact, settings.levels);
  section.integer("unknown_ci_impact", 1, settings.levels, impact);
  settings.unknown_ci_impact = static_cast<std::uint8_t>(impact);
  section.finish();
}

// PRI-1: complete, and nowhere more urgent to the right or downwards.
void Compiler::matrix(const Node& matrix) {
  const std::size_t size = matrix.items.size();
  bool square = matrix.kind == Node::Kind::list && size >= 3 && size <= Settings::levels_max;
  for (const auto& row : matrix.items)
    square = square && row.kind == Node::Kind::list && row.items.size() == size;
  if (!square)
    return report_.error(matrix.mark,
                         "the matrix has 3, 4 or 5 rows (impact) of as many priorities (urgency)");
  std::uint8_t value[Settings::levels_max][Settings::levels_max] = {};
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t u = 0; u < size; ++u) {
      const Node& cell = matrix.items[i].items[u];
      const auto parsed = parse<Priority>(cell.text);
      if (!parsed)
        return report_.error(cell.mark,
                             "a cell of the matrix is P1 to P5, not '" + cell.text + "'");
      value[i][u] = static_cast<std::uint8_t>(index(*parsed) + 1);
    }
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t u = 0; u < size; ++u) {
      const Node& cell = matrix.items[i].items[u];
      const int worst = std::max(i > 0 ? value[i - 1][u] : 0, u > 0 ? value[i][u - 1] : 0);
      if (value[i][u] < worst)
        report_.error(cell.mark, "impact " + std::to_string(i + 1) + ", urgency " +
                                     std::to_string(u + 1) + " is " + cell.text +
                                     ", more urgent than a neighbour that is worse (P" +
                                     std::to_string(worst) + ")");
    }
  settings.levels = static_cast<std::uint8_t>(size);
  std::copy(&value[0][0], &value[0][0] + sizeof value, &settings.matrix[0][0]);
}

void Compiler::times(Reader& root) {
  if (const Node* node = root.find("hold_down")) {
    Reader section(*node, "hold_down", report_);
    for (std::size_t i = 0; i < EnumTable<Severity>::count; ++i)
      section.duration(EnumTable<Severity>::names[i], settings.hold_down[i]);
    section.finish();
  }
  if (const Node* node = root.find("verify")) {
    Reader section(*node, "verify", report_);
    for (std::size_t i = 0; i < EnumTable<Priority>::count; ++i)
      section.duration(EnumTable<Priority>::names[i], settings.verify[i]);
    section.finish();
  }
  if (const Node* node = root.find("lifecycle")) {
    Reader section(*node, "lifecycle", report_);
    section.duration("auto_close_after", settings.auto_close_after);
    section.duration("reopen_window", settings.reopen_window);
    section.duration("restored_prompt_timeout", settings.restored_prompt_timeout);
    section.duration("resolve_timeout", settings.resolve_timeout);
    section.duration("stale_grace", settings.stale_grace_min);
    if (settings.resolve_timeout < seconds(1))
      report_.error(node->mark, "resolve_timeout is at least 1s");
    section.finish();
  }
  if (const Node* node = root.find("correlation")) {
    Reader section(*node, "correlation", report_);
    section.duration("same_ci_window", settings.same_ci_window);
    section.duration("upstream_open_window", settings.upstream_open_window);
    section.duration("late_root_cause_window", settings.late_root_cause_window);
    group_by(section);
    section.finish();
  }
  if (const Node* node = root.find("storm")) {
    Reader section(*node, "storm", report_);
    std::int64_t alerts = settings.storm_alerts, below = settings.storm_end_below;
    section.integer("alerts", 0, 1'000'000, alerts);
    section.duration("within", settings.storm_within);
    section.integer("end_below", 1, 1'000'000, below);
    section.duration("end_after", settings.storm_end_after);
    section.duration("upstream_wait", settings.storm_upstream_wait);
    settings.storm_alerts = static_cast<std::uint32_t>(alerts);
    settings.storm_end_below = static_cast<std::uint32_t>(below);
    if (settings.storm_within < seconds(1) || settings.storm_within > seconds(60))
      report_.error(node->mark, "within is 1s to 60s");
    if (alerts > 0 && below > alerts)
      report_.error(node->mark, "a storm does not end with more alerts than it begins with");
    section.finish();
  }
  if (const Node* node = root.find("flapping")) {
    Reader section(*node, "flapping", report_);
    std::int64_t transitions = settings.flap_transitions;
    section.integer("transitions", 0, static_cast<std::int64_t>(FlapTimes::max), transitions);
    section.duration("within", settings.flap_within);
    section.duration("quiet", settings.flap_quiet);
    section.duration("verify", settings.flap_verify);
    settings.flap_transitions = static_cast<std::uint8_t>(transitions);
    if (transitions == 1)
      report_.error(node->mark, "what begins to fire once does not flap: transitions is 0 or 2 on");
    if (settings.flap_quiet < minutes(1)) report_.error(node->mark, "quiet is at least 1m");
    section.finish();
  }
  if (const Node* node = root.find("dispositions")) {
    Reader section(*node, "dispositions", report_);
    section.duration("clock_skew_tolerance", settings.clock_skew_max);
    section.duration("max_event_age", settings.event_age_max);
    section.duration("forecast_horizon", settings.forecast_horizon);
    if (settings.forecast_horizon < tocsin::hours(24))
      report_.error(node->mark, "forecast_horizon is at least 1d");
    restricted(section);
    section.finish();
  }
}

void Compiler::escalation(Reader& root) {
  const auto& members = root.members("escalation");
  for (const auto& member : members)
    if (const auto p = parse<Priority>(member.key))
      policy(member.value, *p);
    else
      report_.error(member.mark, "escalation is by priority: P1 to P5, not '" + member.key + "'");
}

// A list of steps, or a map that also says how it repeats.
void Compiler::policy(const Node& node, Priority priority) {
  Policy policy;
  policy.must_page = priority == Priority::P1 || priority == Priority::P2;
  if (priority == Priority::P1) p1_ = node.mark;
  if (node.kind == Node::Kind::list) {
    steps(node.items, priority, policy);
    settings.policies[index(priority)] = std::move(policy);
    return;
  }
  Reader section(node, "the escalation of " + std::string(name(priority)), report_);
  steps(section.items("steps"), priority, policy);
  if (const Node* repeat = section.find("repeat")) {
    Reader again(*repeat, "repeat", report_);
    std::int64_t from = 0, max = 1;
    again.integer("from", 0, std::max<std::int64_t>(0, std::ssize(policy.steps) - 1), from);
    again.duration("every", policy.repeat_every);
    again.integer("max", 1, 1000, max);
    if (policy.repeat_every < minutes(1) && again.ok())
      report_.error(again.mark(), "repeat has an `every` of at least 1m");
    again.finish();
    policy.repeat_from = static_cast<std::uint16_t>(from);
    policy.repeats_max = static_cast<std::uint16_t>(max);
  }
  section.duration("exhausted_every", policy.exhausted_every);
  if (policy.exhausted_every < minutes(1))
    report_.error(section.mark(), "exhausted_every is at least 1m");
  section.finish();
  settings.policies[index(priority)] = std::move(policy);
}

void Compiler::steps(const Slice<Node>& items, Priority priority, Policy& policy) {
  for (const auto& node : items) {
    Reader item(node, "a step", report_);
    Step step;
    const auto at = item.word("at"), after = item.word("after");
    bool page = true;
    item.boolean("page", page);
    targets(item.words("to"), page, step);
    targets(item.words("inform"), false, step);
    item.finish();
    if (at && after) report_.error(after->mark, "at and after are the same; one is enough");
    if (const auto& word = at ? at : after) {
      const auto span = offset(word->text, settings.sla[index(priority)].response);
      if (span)
        step.after = *span;
      else
        report_.error(word->mark,
                      "a step comes at a duration such as 10m, or at a percentage of the "
                      "response clock such as 50%, not '" +
                          word->text + "'");
    } else if (item.ok()) {
      report_.error(item.mark(), "a step has no at");
    }
    if (!policy.steps.empty() && step.after < policy.steps.back().after)
      report_.error(item.mark(), "a step comes before the one above it");
    if (step.to.empty() && item.ok()) report_.error(item.mark(), "a step speaks to nobody");
    if (step.to.size() > targets_max) report_.error(item.mark(), "a step speaks to at most 16");
    policy.steps.push_back(std::move(step));
  }
  if (policy.steps.size() > steps_max)
    report_.error(items[steps_max].mark, "an escalation has at most 32 steps");
}

void Compiler::targets(const std::vector<Word>& words, bool page, Step& step) {
  const auto& positions = step_positions();
  const auto& roles = role_words();
  constexpr Target::Kind kinds[] = {Target::Kind::primary, Target::Kind::secondary,
                                    Target::Kind::lead,    Target::Kind::everyone,
                                    Target::Kind::channel, Target::Kind::catch_all};
  for (const auto& word : words) {
    Target target;
    target.page = page;
    const auto position = std::find(positions.begin(), positions.end(), word.text);
    if (position != positions.end()) {
      target.kind = kinds[position - positions.begin()];
    } else {
      const bool role = std::find(roles.begin(), roles.end(), word.text) != roles.end();
      target.kind = role ? Target::Kind::role : Target::Kind::person;
      target.name = word.text;
      if (!role) refer(Kind::target, word);
    }
    step.to.push_back(std::move(target));
  }
}

}  // namespace tocsin::config
