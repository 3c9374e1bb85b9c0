// The sections maintenance, windows in which what breaks is no incident, and inhibit, alerts that
// keep others from paging.
#include <algorithm>

#include "config/compiler.hpp"
#include "config/recurrence.hpp"
#include "rules/model/inhibit.hpp"
#include "rules/windows.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t windows_max = 10'000;
constexpr std::size_t inhibitions_max = 1000;
constexpr std::size_t equal_max = 16;
constexpr std::size_t text_bytes_max = 1024;
constexpr std::size_t name_bytes_max = 128;

// A place inside a text of one line.
Mark inside(const Node& node, std::size_t at) {
  Mark mark = node.mark;
  mark.column += static_cast<int>(at) + node.quoted;
  return mark;
}

}  // namespace

std::optional<std::int64_t> Compiler::local_time(Reader& item, std::string_view key) {
  const auto word = item.word(key);
  if (!word) return {};
  const auto time = parse_local_time(word->text);
  if (!time)
    report_.error(word->mark, std::string(key) + " is a local time like 2026-12-24T22:00, not '" +
                                  word->text + "'");
  return time;
}

// Open once, from `start` to `end`.
bool Compiler::open_once(Reader& item, Schedule& s, bool lasts_given) {
  const auto end = local_time(item, "end");
  if (!end) {
    if (!item.find("end"))
      report_.error(item.mark(), "a window has an end, or an rrule and a duration");
    return false;
  }
  s.end_s = end;
  if (lasts_given)
    return report_.error(item.find("duration")->mark, "a window without rrule has an end instead"),
           false;
  const auto open = s.on(static_cast<std::int32_t>(s.start_s / 86'400));
  if (!open || open->ends <= open->starts)
    return report_.error(item.find("end")->mark, "a window ends after its start"), false;
  return true;
}

// Open again and again, for `duration` each.
bool Compiler::open_again(Reader& item, const Node& rule, Schedule& s) {
  RuleError wrong;
  s.again = parse_recurrence(rule.text, s.start_s, wrong);
  if (!s.again) return report_.error(inside(rule, wrong.at), wrong.message), false;
  if (const Node* end = item.find("end"))
    return report_.error(end->mark, "a window with an rrule has a duration instead"), false;
  if (s.lasts <= Span{} || s.lasts > Schedule::longest) {
    const Node* given = item.find("duration");
    return report_.error(given ? given->mark : item.mark(),
                         "a window with an rrule has a duration of at most 7d"),
           false;
  }
  for (const Word& word : item.words("exdate")) {
    const auto day = parse_date(word.text.substr(0, 10));
    if (day && (word.text.size() == 10 || parse_local_time(word.text)))
      s.again->except.push_back(*day);
    else
      report_.error(word.mark, "exdate is of days like 2026-12-24, not '" + word.text + "'");
  }
  std::sort(s.again->except.begin(), s.again->except.end());
  return true;
}

void Compiler::schedule(Reader& item, MaintenanceWindow& window) {
  Schedule& s = window.schedule;
  std::string zone = time_zone(item);
  if (zone.empty()) zone = settings.time_zone;
  if (const auto it = settings.zones.find(zone); it != settings.zones.end()) s.zone = it->second;
  const auto start = local_time(item, "start");
  if (!item.find("start")) report_.error(item.mark(), "a window has a start");
  item.duration("duration", s.lasts);
  const Node* rule = item.find("rrule");
  if (!start) return void(item.find("end")), void(item.find("exdate"));
  s.start_s = *start;
  if (!rule) {
    open_once(item, s, item.find("duration") != nullptr);
  } else if (rule->kind != Node::Kind::scalar) {
    report_.error(rule->mark, "rrule is a text like FREQ=WEEKLY;BYDAY=TU");
  } else if (!open_again(item, *rule, s)) {
    item.find("end"), item.find("exdate");
  }
}

void Compiler::maintenance(Reader& root) {
  for (const auto& node : root.items("maintenance")) {
    Reader item(node, "a maintenance window", report_);
    MaintenanceWindow window;
    const auto id = identity(item, "id", "maintenance window");
    const auto words = [&](std::string_view key, std::string& into, std::size_t bytes) {
      if (const auto word = item.required(key)) into = word->text;
      if (into.size() > bytes)
        report_.error(item.find(key)->mark,
                      std::string(key) + " has at most " + std::to_string(bytes) + " bytes");
    };
    words("owner", window.owner, name_bytes_max);
    words("reason", window.reason, text_bytes_max);
    if (item.find("change")) words("change", window.change, 64);
    window.cis = refer_all(Kind::ci, item.words("cis"));
    std::sort(window.cis.begin(), window.cis.end());
    item.boolean("dependents", window.dependents);
    window.match = matchers(item, "match");
    if (window.cis.empty() && SilenceIndex::fits_everything(window.match) && item.ok())
      report_.error(item.mark(), "a window is of cis, or of a match that not everything fits");
    if (window.dependents && window.cis.empty())
      report_.error(item.find("dependents")->mark, "there are no cis that anything depends on");
    schedule(item, window);
    item.finish();
    if (!id) continue;
    window.id = *id;
    if (id->size() > name_bytes_max) report_.error(item.mark(), "an id has at most 128 bytes");
    window_marks_[window.id] = item.mark();
    settings.windows.push_back(std::move(window));
  }
  if (settings.windows.size() > windows_max)
    report_.error(top_, "there are more than 10000 maintenance windows");
}

void Compiler::compile_windows() {
  for (const auto& [id, why] : index_windows(settings)) report_.error(window_marks_[id], why);
}

void Compiler::inhibit(Reader& root) {
  for (const auto& node : root.items("inhibit")) {
    Reader item(node, "an inhibition", report_);
    InhibitRule rule;
    const auto id = identity(item, "id", "inhibition");
    const auto words = [&](std::string_view key, std::string& into, std::size_t bytes) {
      if (const auto word = item.required(key)) into = word->text;
      if (into.size() > bytes)
        report_.error(item.find(key)->mark,
                      std::string(key) + " has at most " + std::to_string(bytes) + " bytes");
    };
    words("owner", rule.owner, name_bytes_max);
    words("reason", rule.reason, text_bytes_max);
    rule.source = matchers(item, "source_match"), rule.target = matchers(item, "target_match");
    for (const char* side : {"source_match", "target_match"}) {
      const Node* given = item.find(side);
      const auto& match = side[0] == 's' ? rule.source : rule.target;
      if (SilenceIndex::fits_everything(match) && item.ok())
        report_.error(given ? given->mark : item.mark(),
                      std::string(side) + " is of matchers that not everything fits");
    }
    for (const Word& word : item.words("equal")) rule.equal.push_back(word.text);
    std::sort(rule.equal.begin(), rule.equal.end());
    rule.equal.erase(std::unique(rule.equal.begin(), rule.equal.end()), rule.equal.end());
    if (rule.equal.size() > equal_max)
      report_.error(item.find("equal")->mark, "equal has at most 16 labels");
    item.finish();
    if (!id) continue;
    rule.id = *id;
    if (id->size() > name_bytes_max) report_.error(item.mark(), "an id has at most 128 bytes");
    inhibit_marks_[rule.id] = item.mark();
    settings.inhibit.push_back(std::move(rule));
  }
  if (settings.inhibit.size() > inhibitions_max)
    report_.error(top_, "there are more than 1000 inhibitions");
}

void Compiler::compile_inhibition() {
  for (const auto& [id, why] : index_inhibition(settings)) report_.error(inhibit_marks_[id], why);
}

}  // namespace tocsin::config
