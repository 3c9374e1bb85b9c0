#include "daemon/api/silence_preview.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <set>

#include "rules/model/matcher.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t shown_max = 100;

bool may_page(AlertState state) {
  return state == AlertState::firing || state == AlertState::stale || state == AlertState::held;
}

}  // namespace

std::vector<std::string> silenced_by(const Snapshot& s, AlertText text) {
  std::vector<std::string> out;
  s.silence_index->each_fit(text, [&](std::uint32_t slot) {
    const SilenceRow& row = s.silences.at(slot);
    if (row.covers(s.globals.at)) out.push_back(uuid_text(row.uuid));
  });
  std::sort(out.begin(), out.end());
  return out;
}

bool is_silenced(const Snapshot& s, AlertText text) {
  bool covered = false;
  s.silence_index->each_fit(text, [&](std::uint32_t slot) {
    covered = covered || s.silences.at(slot).covers(s.globals.at);
  });
  return covered;
}

std::size_t SilencePreview::held() const {
  return static_cast<std::size_t>(
      std::count_if(incidents.begin(), incidents.end(), [](const Touched& t) { return t.held; }));
}

SilencePreview preview(const Snapshot& s, const std::vector<Matcher>& matchers,
                       const Sight& sight) {
  SilencePreview out;
  std::set<std::string_view> cis;
  absl::flat_hash_map<std::uint32_t, bool> held;  // by incident; looked up only
  s.alerts.each([&](std::uint32_t, const AlertRow& row) {
    if (!may_page(row.state) || sight.hides(row)) return;
    ++out.alerts_seen;
    if (!matches_all(matchers, row.text())) return;
    ++out.alerts;
    if (!row.ci().empty()) cis.insert(row.ci());
    if (row.flags & AlertRow::counted_firing) held.try_emplace(row.incident.value, true);
  });
  out.cis = cis.size();
  s.alerts.each([&](std::uint32_t, const AlertRow& row) {
    if (!(row.flags & AlertRow::counted_firing)) return;
    const auto it = held.find(row.incident.value);
    if (it == held.end() || !it->second) return;
    it->second = matches_all(matchers, row.text()) || is_silenced(s, row.text());
  });
  s.incidents.each([&](std::uint32_t slot, const IncidentRow& row) {
    const auto it = held.find(row.number.value);
    if (it != held.end() && row.unresolved())
      out.incidents.push_back({slot, row.number, it->second});
  });
  std::sort(out.incidents.begin(), out.incidents.end(),
            [](const auto& a, const auto& b) { return a.number > b.number; });
  return out;
}

void write_preview(JsonWriter& json, const SilencePreview& found, const Snapshot& s) {
  json.open_object().field("alerts", found.alerts).field("of_alerts", found.alerts_seen);
  json.field("cis", found.cis).field("incidents_touched", found.incidents.size());
  json.field("incidents_held", found.held()).key("incidents").open_array();
  for (std::size_t i = 0; i < found.incidents.size() && i < shown_max; ++i) {
    const SilencePreview::Touched& t = found.incidents[i];
    const IncidentRow& row = s.incidents.at(t.slot);
    json.open_object().field("number", to_text(t.number)).field("priority", name(row.priority));
    json.field("state", state_word(row.state)).field("ci", row.words().ci);
    json.field("title", row.words().title).field("held", t.held).close_object();
  }
  json.close_array().close_object();
}

}  // namespace tocsin::api
