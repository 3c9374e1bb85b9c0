#include "daemon/replay/compare.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace tocsin {
namespace {

std::string category_of(const OutcomeIncident& i) {
  return i.subcategory.empty() ? i.category : i.category + "/" + i.subcategory;
}

// Who hangs together with whom. Incidents of the first side come before those of the second.
class Knots {
 public:
  Knots(const Record& record, const Outcome& before, const Outcome& after)
      : record_(record), before_(before), after_(after), parent_(size()) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }

  // One for everything that has an event, in the order of the first one.
  std::vector<Knot> tie() {
    for (std::uint32_t i = 0; i < record_.events.size(); ++i) {
      const std::uint32_t a = first(i), b = second(i);
      if (a != none && b != none) parent_[find(a)] = find(b);
    }
    std::vector<std::uint32_t> knot_of(size(), none);
    std::vector<bool> listed(size());
    std::vector<Knot> knots;
    for (std::uint32_t i = 0; i < record_.events.size(); ++i)
      for (const std::uint32_t node : {first(i), second(i)}) {
        if (node == none) continue;
        std::uint32_t& at = knot_of[find(node)];
        if (at == none) {
          at = static_cast<std::uint32_t>(knots.size());
          knots.emplace_back().first_event = i;
        }
        put(knots[at], node, i, listed);
      }
    return knots;
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  std::size_t size() const { return before_.incidents.size() + after_.incidents.size(); }
  std::uint32_t first(std::uint32_t event) const {
    const std::uint32_t n = before_.incident_of[event];
    return n ? n - 1 : none;
  }
  std::uint32_t second(std::uint32_t event) const {
    const std::uint32_t n = after_.incident_of[event];
    return n ? static_cast<std::uint32_t>(before_.incidents.size()) + n - 1 : none;
  }
  std::uint32_t find(std::uint32_t node) {
    while (parent_[node] != node) node = parent_[node] = parent_[parent_[node]];
    return node;
  }
  void put(Knot& knot, std::uint32_t node, std::uint32_t event, std::vector<bool>& listed) {
    const IncidentNumber recorded = record_.events[event].incident;
    auto& known = knot.recorded;
    if (recorded && known.size() < Knot::recorded_max &&
        std::find(known.begin(), known.end(), recorded) == known.end())
      known.push_back(recorded);
    if (listed[node]) return;
    listed[node] = true;
    const auto ours = static_cast<std::uint32_t>(before_.incidents.size());
    node < ours ? knot.before.push_back(node + 1) : knot.after.push_back(node - ours + 1);
  }

  const Record& record_;
  const Outcome &before_, &after_;
  std::vector<std::uint32_t> parent_;
};

KnotKind kind_of(const Knot& k) {
  if (k.before.empty()) return KnotKind::added;
  if (k.after.empty()) return KnotKind::removed;
  if (k.before.size() == 1 && k.after.size() == 1) return KnotKind::changed;
  if (k.after.size() == 1) return KnotKind::merged;
  return k.before.size() == 1 ? KnotKind::split : KnotKind::regrouped;
}

// What speaks for it, in words that both sides share.
std::string parent_of(const Outcome& side, const OutcomeIncident& i) {
  return i.parent ? side.incidents[i.parent.value - 1].title : "";
}

void compare_fields(const Outcome& before, const Outcome& after, Knot& knot) {
  const OutcomeIncident& a = before.incidents[knot.before[0] - 1];
  const OutcomeIncident& b = after.incidents[knot.after[0] - 1];
  std::vector<FieldChange>& out = knot.fields;
  const auto put = [&](std::string_view field, const std::string& x, const std::string& y) {
    if (x != y) out.push_back({field, x, y});
  };
  const auto word = [](Priority p) { return std::string(name(p)); };
  put("priority", word(a.opened_as), word(b.opened_as));
  if (a.opened_as != a.highest || b.opened_as != b.highest)
    put("highest priority", word(a.highest), word(b.highest));
  put("category", category_of(a), category_of(b));
  put("group", a.group, b.group);
  put("ci", a.ci, b.ci);
  put("title", a.title, b.title);
  put("rule", a.rule, b.rule);
  put("severity", std::string(name(a.severity)), std::string(name(b.severity)));
  put("part of", parent_of(before, a), parent_of(after, b));
  put("reopened", std::to_string(a.reopened), std::to_string(b.reopened));
  if (a.opened_at != b.opened_at) {
    const std::int64_t ms = (b.opened_at - a.opened_at).ms;
    out.push_back(
        {"opened", "", std::to_string(std::abs(ms) / 1000) + (ms < 0 ? " s earlier" : " s later")});
  }
}

void compare_told(const Outcome& before, const Outcome& after, Knot& knot) {
  std::map<ToldKey, ToldChange> all;
  for (const std::uint32_t n : knot.before)
    for (const auto& [key, count] : before.incidents[n - 1].told) all[key].before += count;
  for (const std::uint32_t n : knot.after)
    for (const auto& [key, count] : after.incidents[n - 1].told) all[key].after += count;
  for (auto& [key, change] : all)
    if (change.before != change.after) knot.told.push_back({key, change.before, change.after});
}

Side side_of(const Outcome& outcome) {
  Side side;
  for (const OutcomeIncident& i : outcome.incidents) {
    if (!i.number || i.self) continue;
    ++side.incidents;
    ++side.by_priority[index(i.highest)];
    for (const auto& [key, count] : i.told)
      (key.again ? side.again : key.kind == PageKind::page ? side.pages : side.told) += count;
  }
  for (const std::uint8_t d : outcome.disposition) ++side.dispositions[disposition_word(d)];
  return side;
}

}  // namespace

std::string_view disposition_word(std::uint8_t disposition) {
  if (disposition == no_disposition) return "none yet";
  return name(static_cast<Disposition>(disposition));
}

Difference compare(const Record& record, const Outcome& before, const Outcome& after) {
  Difference out;
  out.before = side_of(before), out.after = side_of(after);
  for (Knot& knot : Knots(record, before, after).tie()) {
    knot.kind = kind_of(knot);
    if (knot.kind == KnotKind::changed) compare_fields(before, after, knot);
    compare_told(before, after, knot);
    if (knot.kind == KnotKind::changed && knot.fields.empty() && knot.told.empty()) {
      ++out.same;
      continue;
    }
    ++out.of_kind[index(knot.kind)];
    for (const FieldChange& change : knot.fields) ++out.fields[change.field];
    for (const ToldChange& change : knot.told) {
      if (change.key.kind != PageKind::page || change.key.again) continue;
      out.pages_added += change.after > change.before ? change.after - change.before : 0;
      out.pages_removed += change.before > change.after ? change.before - change.after : 0;
    }
    out.knots.push_back(std::move(knot));
  }
  for (std::uint32_t i = 0; i < record.events.size(); ++i) {
    const auto pair = std::pair(before.disposition[i], after.disposition[i]);
    if (pair.first == pair.second) continue;
    DispositionChange& change = out.dispositions[pair];
    if (change.events++ == 0) change.first_event = i;
  }
  return out;
}

}  // namespace tocsin
