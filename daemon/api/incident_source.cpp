#include "daemon/api/incident_source.hpp"

#include <algorithm>

#include "rules/model/codec.hpp"

namespace tocsin::api {
namespace {

std::optional<FoundIncident> from_archive(const Engine& engine, const Snapshot& snapshot,
                                          IncidentNumber number) {
  const auto bytes = engine.archived(snapshot, number, incident_archive_key(number));
  if (!bytes) return {};
  auto archived = read_archived(*bytes);
  if (!archived) return {};
  FoundIncident found;
  found.archived = std::make_shared<const ArchivedIncident>(std::move(*archived));
  found.row = found.archived->row;
  return found;
}

// Newest first.
std::vector<IncidentRow> live_below(const Snapshot& snapshot, const IncidentSearch& search) {
  std::vector<IncidentRow> rows;
  snapshot.incidents.each([&](std::uint32_t, const IncidentRow& row) {
    if (!search.below || row.number < search.below) rows.push_back(row);
  });
  std::sort(rows.begin(), rows.end(),
            [](const IncidentRow& a, const IncidentRow& b) { return a.number > b.number; });
  return rows;
}

IncidentPage search_all(const Engine& engine, const Snapshot& snapshot,
                        const IncidentSearch& search) {
  const std::vector<IncidentRow> live = live_below(snapshot, search);
  IncidentPage page;
  auto next_live = live.begin();
  std::size_t lookups = 0;
  std::uint32_t n = snapshot.globals.next_incident.value;
  if (search.below) n = std::min(n, search.below.value);
  while (n > 1 && page.rows.size() < search.limit && lookups < IncidentSearch::lookups_max) {
    --n;
    if (next_live != live.end() && next_live->number.value == n) {
      if (search.wanted(*next_live)) page.rows.push_back({*next_live, nullptr});
      ++next_live;
      continue;
    }
    ++lookups;
    auto found = from_archive(engine, snapshot, IncidentNumber(n));
    if (found && search.wanted(found->row)) page.rows.push_back(std::move(*found));
  }
  if (n > 1) page.next = IncidentNumber(n);
  return page;
}

// Its number stands in the last four bytes of a timeline key.
std::uint32_t entry_of(std::string_view key) {
  std::uint32_t entry = 0;
  for (const char c : key.substr(key.size() - std::min<std::size_t>(key.size(), 4)))
    entry = entry << 8 | static_cast<unsigned char>(c);
  return entry;
}

}  // namespace

std::optional<FoundIncident> find_incident(const Engine& engine, const Snapshot& snapshot,
                                           IncidentNumber number) {
  if (!number || number >= snapshot.globals.next_incident) return {};
  if (const auto row = snapshot.incident(number)) return FoundIncident{*row, nullptr};
  return from_archive(engine, snapshot, number);
}

IncidentPage search_incidents(const Engine& engine, const Snapshot& snapshot,
                              const IncidentSearch& search) {
  if (search.archived) return search_all(engine, snapshot, search);
  IncidentPage page;
  for (const IncidentRow& row : live_below(snapshot, search)) {
    if (!search.wanted(row)) continue;
    if (page.rows.size() == search.limit) {
      page.next = page.rows.back().row.number;
      break;
    }
    page.rows.push_back({row, nullptr});
  }
  return page;
}

std::map<std::uint32_t, TimelineEntry> find_timeline(const Engine& engine, const Snapshot& snapshot,
                                                     IncidentNumber number, std::uint32_t first,
                                                     std::size_t limit) {
  std::map<std::uint32_t, TimelineEntry> out;
  const auto rows = engine.archived_under(snapshot, number, row_key(timeline_prefix, number.value));
  for (auto row = rows.lower_bound(timeline_key(number, first));
       row != rows.end() && out.size() < limit; ++row)
    if (auto story = read_entry(row->second)) out.emplace(entry_of(row->first), std::move(*story));
  return out;
}

}  // namespace tocsin::api
