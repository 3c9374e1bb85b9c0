#include "rules/inhibition.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "rules/model/inhibit.hpp"
#include "rules/model/planted.hpp"
#include "rules/process/format.hpp"

namespace tocsin {
namespace {

constexpr std::uint32_t numbers_per_slice = 20'000;  // closed ones cost a look-up
constexpr std::uint32_t members_per_slice = 2000;
constexpr std::size_t facts_per_slice = 150;

}  // namespace

void sources_ended(const Deciding& d, const std::string& keys) {
  if (planted("inhibition_ended_and_forgotten")) return;
  for (const std::uint64_t key : unpack_keys(keys))
    if (!d.state.sources(key) && d.state.inhibited(key)) d.out.add(InhibitionEnded{key});
}

void note_source(const Deciding& d, std::uint32_t slot) {
  const AlertRow row = d.state.alerts().at(slot);
  if ((d.settings.inhibit.empty() && !(row.flags & AlertRow::inhibits)) || !row.fires()) return;
  const std::string before(row.keys()), keys = pack_keys(source_keys(d.settings, row.text()));
  if (keys == before) return;
  need_format(d, format_with_decisions);
  d.out.add(AlertInhibits{row.fingerprint(), keys});
  sources_ended(d, before);
}

void start_sources_sweep(const Deciding& d, const Settings& next) {
  if (d.settings.inhibit_hash == next.inhibit_hash || d.state.incidents().size() == 0) return;
  need_format(d, format_with_decisions);
  d.out.add(SourcesAdvanced{IncidentNumber(1), AlertSerial{}, d.now});
}

bool sources_sweep_slice(const Deciding& d) {
  const Globals& g = d.state.globals();
  const std::uint32_t from = g.sources_next.value;
  std::uint64_t after = g.sources_after.value;
  const std::size_t facts_before = d.out.count();
  std::uint32_t looked = 0, n = from;
  for (; n < g.next_incident.value && n < from + numbers_per_slice; ++n, after = 0) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>>
        members;  // in the order in which they came
    d.state.each_member(IncidentNumber(n), [&](std::uint32_t slot) {
      members.emplace_back(d.state.alerts().at(slot).serial().value, slot);
      return true;
    });
    std::sort(members.begin(), members.end());
    for (const auto& [serial, slot] : members) {
      if (serial <= after) continue;
      if (++looked > members_per_slice || d.out.count() >= facts_before + facts_per_slice) {
        d.out.add(SourcesAdvanced{IncidentNumber(n), AlertSerial(after), d.now});
        return false;
      }
      note_source(d, slot);
      after = serial;
    }
  }
  if (n < g.next_incident.value) {
    d.out.add(SourcesAdvanced{IncidentNumber(n), AlertSerial{}, d.now});
    return false;
  }
  d.out.add(SourcesAdvanced{IncidentNumber{}, AlertSerial{}, never});
  return true;
}

}  // namespace tocsin
