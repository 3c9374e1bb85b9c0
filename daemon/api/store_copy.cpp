#include "daemon/api/store_copy.hpp"

#include <absl/container/flat_hash_set.h>

#include <algorithm>

#include "rules/model/codec.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin::api {

std::set<std::string_view> neighbourhood(std::string_view id, const Settings& settings) {
  std::set<std::string_view> out;
  if (!id.empty()) out.insert(id);
  const Ci* ci = id.empty() ? nullptr : settings.ci(id);
  if (!ci) return out;
  const auto at = static_cast<std::uint32_t>(ci - settings.cis.data());
  for (const Reached& reached : settings.dependencies.upstreams(at))
    out.insert(settings.cis[reached.ci].id);
  if (const Pool* pool = ci->pool.empty() ? nullptr : settings.pool(ci->pool))
    for (const std::uint32_t member : pool->members) out.insert(settings.cis[member].id);
  return out;
}

StoreCopy copy_store(const Snapshot& s, const std::set<std::string_view>& about,
                     const std::vector<Fingerprint>& alerts, std::size_t whole_max) {
  StoreCopy out;
  out.whole = s.alerts.size() + s.incidents.size() + s.pages.size() <= whole_max;
  const auto add = [&](char table, std::string bytes) {
    out.rows.emplace_back(std::string(1, table), std::move(bytes));
  };
  Globals globals = s.globals;
  globals.heartbeats_due = never;  // their timers stay at home
  add(globals_prefix, RowCodec::encode(globals));
  add(totals_prefix, RowCodec::encode(s.totals));
  if (s.counts->size() > 0) add(counts_prefix, RowCodec::encode(*s.counts));

  absl::flat_hash_set<std::uint32_t> near;  // incidents; looked up only
  const auto wanted = [&](const AlertRow& row) {
    const Fingerprint f = row.fingerprint();
    return std::any_of(alerts.begin(), alerts.end(), [&](const Fingerprint& a) { return a == f; });
  };
  if (!out.whole) {
    s.alerts.each([&](std::uint32_t, const AlertRow& row) {
      if (row.incident && wanted(row)) near.insert(row.incident.value);
    });
    s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
      if (about.count(row.words().ci) == 0) return;
      if (near.size() >= near_incidents_max) return void(out.cut = true);
      near.insert(row.number.value);
    });
  }
  s.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (out.whole || near.contains(row.number.value)) add(incident_prefix, RowCodec::encode(row));
  });
  s.alerts.each([&](std::uint32_t, const AlertRow& row) {
    if (out.whole || near.contains(row.incident.value) || wanted(row) || about.count(row.ci()) > 0)
      add(alert_prefix, RowCodec::encode(row));
  });
  s.pages.each([&](std::uint32_t, const PageRow& row) {
    if (out.whole || near.contains(row.incident.value)) add(page_prefix, RowCodec::encode(row));
  });
  s.silences.each(
      [&](std::uint32_t, const SilenceRow& row) { add(silence_prefix, RowCodec::encode(row)); });
  return out;
}

}  // namespace tocsin::api
