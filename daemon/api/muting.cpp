#include "daemon/api/muting.hpp"

#include <algorithm>

#include "connectors/text/am_fingerprint.hpp"
#include "daemon/api/records.hpp"
#include "rules/model/inhibit.hpp"

namespace tocsin::api {
namespace {

JsonWriter& open_entry(JsonWriter& json, std::string_view kind, std::string_view id,
                       std::string_view owner, std::string_view reason, std::string_view change) {
  json.open_object().field("kind", kind).field("id", id).field("owner", owner);
  return json.field("reason", reason).field("change", change);
}

}  // namespace

const Muting::Source* Muting::source(std::uint64_t key) const {
  if (!std::exchange(walked_, true))
    s_.alerts.each([&](std::uint32_t slot, const AlertRow& row) {
      if (!(row.flags & AlertRow::inhibits) || !row.fires()) return;
      for (const std::uint64_t one : unpack_keys(row.keys())) {
        Source& known = sources_[one];
        if (known.serial == 0 || row.serial().value < known.serial)
          known = {row.serial().value, slot};
      }
    });
  const auto it = sources_.find(key);
  return it == sources_.end() ? nullptr : &it->second;
}

void Muting::write_silence(JsonWriter& json, const SilenceRow& row, Wall ends_at) const {
  const SilenceWords w = row.words();
  open_entry(json, "silence", uuid_text(row.uuid), w.by, w.comment, "");
  write_time(json, "ends_at", ends_at);
  json.close_object();
}

void Muting::write_rule(JsonWriter& json, const InhibitRule& rule) const {
  open_entry(json, "inhibition", rule.id, rule.owner, rule.reason, "").key("ends_at").null();
  json.close_object();
}

void Muting::write(JsonWriter& json, const AlertRow& alert) const {
  json.key("muted_by");
  if (const MutedBy by = alert.muted_by(); !by.window.empty()) {
    open_entry(json, "maintenance", by.window, by.owner, by.reason, by.change);
    write_time(json, "ends_at", alert.due, s_.globals);
    json.close_object();
    return;
  }
  const bool fires = alert.state == AlertState::firing || alert.state == AlertState::stale ||
                     alert.state == AlertState::held;
  const SilenceRow* last = nullptr;
  if (fires)
    s_.silence_index->each_fit(alert.text(), [&](std::uint32_t slot) {
      const SilenceRow& row = s_.silences.at(slot);
      if (!row.covers(s_.globals.at)) return;
      if (!last || std::pair(row.ends_due, last->id) > std::pair(last->ends_due, row.id))
        last = &row;
    });
  if (last) return write_silence(json, *last, last->ends_at);
  if (fires)
    for (const TargetKeys& keys : target_keys(settings_, alert.text()))
      if (source(keys.of_sources) || (keys.of_both && source(*keys.of_both)))
        return write_rule(json, settings_.inhibit[keys.rule]);
  json.null();
}

void Muting::write(JsonWriter& json, const IncidentRow& incident) const {
  json.key("muted_by");
  if (incident.held_until == never) return void(json.null());
  if (const std::string_view id = incident.words().inhibited_by; !id.empty()) {
    for (const InhibitRule& rule : settings_.inhibit)
      if (rule.id == id) return write_rule(json, rule);
    InhibitRule gone;
    gone.id = id;
    return write_rule(json, gone);
  }
  const SilenceRow* by = nullptr;
  s_.silences.each([&](std::uint32_t, const SilenceRow& row) {
    if (row.id == incident.held_by) by = &row;
  });
  by ? write_silence(json, *by, by->ends_at) : void(json.null());
}

std::vector<std::string> Muting::inhibited_by(AlertText text) const {
  std::vector<std::string> out;
  for (const TargetKeys& keys : target_keys(settings_, text)) {
    const Source* by = source(keys.of_sources);
    if (!by && keys.of_both) by = source(*keys.of_both);
    if (by) out.push_back(am_fingerprint_text(am_fingerprint(s_.alerts.at(by->slot).text())));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace tocsin::api
