#include "daemon/api/am_list.hpp"

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "connectors/text/am_fingerprint.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/api/silence_preview.hpp"
#include "rules/model/matcher.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
constexpr std::size_t receivers_max = 65'000;

bool listed(const Snapshot& snapshot, const Muting& muting, const AlertRow& row,
            const AmFilter& filter) {
  if (row.state == AlertState::resolved || row.state == AlertState::tombstone) return false;
  if ((row.flags & AlertRow::muted) || is_silenced(snapshot, row.text())) return filter.silenced;
  if (!filter.inhibited && !muting.inhibited_by(row.text()).empty()) return false;
  switch (row.state) {
    case AlertState::firing:
    case AlertState::stale:
      return filter.active;
    case AlertState::held:
      return filter.unprocessed;
    default:
      return false;
  }
}

// When it would be over if nobody said anything more.
Wall ends_at(const AlertRow& row, const Globals& globals, Span resolve_timeout) {
  const Instant due = row.due == never ? Instant{} : later(row.due, globals.stale_grace);
  return globals.wall(due > globals.at ? due : globals.at + resolve_timeout);
}

void write_pairs(JsonWriter& json, std::string_view key, const std::vector<Pair>& pairs) {
  json.key(key).open_object();
  for (const auto& [name, value] : pairs) json.field(name, value);
  json.close_object();
}

}  // namespace

std::string am_default_receiver(const Settings& settings) {
  return settings.default_group.empty() ? "catch-all" : settings.default_group;
}

std::vector<std::string> am_receivers(const Settings& settings) {
  std::vector<std::string> out{am_default_receiver(settings)};
  for (const Group& group : settings.groups) out.push_back(group.id);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

AmList::AmList(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Settings> settings,
               const AmFilter& filter, Shape shape, const Actor& who)
    : snapshot_(std::move(snapshot)),
      settings_(std::move(settings)),
      muting_(*snapshot_, *settings_),
      resolve_timeout_(settings_->resolve_timeout),
      shape_(shape) {
  select(*settings_, filter, Sight(who, *snapshot_, *settings_));
  sort();
}

std::uint16_t AmList::receiver_id(std::string_view name) {
  const auto it = std::find(receivers_.begin(), receivers_.end(), name);
  if (it != receivers_.end()) return static_cast<std::uint16_t>(it - receivers_.begin());
  if (receivers_.size() >= receivers_max) return 0;
  receivers_.emplace_back(name);
  return static_cast<std::uint16_t>(receivers_.size() - 1);
}

void AmList::select(const Settings& settings, const AmFilter& filter, const Sight& sight) {
  receiver_id(am_default_receiver(settings));
  absl::flat_hash_map<std::uint32_t, std::uint16_t> receiver_of;  // by incident; looked up only
  receiver_of.reserve(snapshot_->incidents.size());
  snapshot_->incidents.each([&](std::uint32_t, const IncidentRow& row) {
    const std::string_view group = row.words().group;
    if (!group.empty()) receiver_of.emplace(row.number.value, receiver_id(group));
  });
  std::vector<bool> wanted;
  for (const std::string& name : receivers_) wanted.push_back(filter.wants_receiver(name));

  snapshot_->alerts.each([&](std::uint32_t slot, const AlertRow& row) {
    if (!listed(*snapshot_, muting_, row, filter)) return;
    const auto it = receiver_of.find(row.incident.value);
    const std::uint16_t receiver = it == receiver_of.end() ? 0 : it->second;
    if (!wanted[receiver]) return;
    const AlertText text = row.text();
    if (!matches_all(filter.matchers, text) || sight.hides(row)) return;
    items_.push_back({am_fingerprint(text), slot, receiver});
  });
}

void AmList::sort() {
  const auto order = [this](const Item& a, const Item& b) {
    if (shape_ == Shape::groups && a.receiver != b.receiver)
      return receivers_[a.receiver] < receivers_[b.receiver];
    if (a.fingerprint != b.fingerprint) return a.fingerprint < b.fingerprint;
    return a.labels(*snapshot_) < b.labels(*snapshot_);
  };
  std::sort(items_.begin(), items_.end(), order);
}

void AmList::write_item(std::string& out, const Item& item) const {
  const AlertRow& row = snapshot_->alerts.at(item.slot);
  const Globals& globals = snapshot_->globals;
  const AlertText text = row.text();
  JsonWriter json(out);
  json.open_object();
  write_pairs(json, "annotations", text.annotations());
  json.field("endsAt", rfc3339(ends_at(row, globals, resolve_timeout_)));
  json.field("fingerprint", am_fingerprint_text(item.fingerprint));
  json.key("receivers").open_array().open_object().field("name", receivers_[item.receiver]);
  json.close_object().close_array();
  json.field("startsAt", rfc3339(row.starts_at));
  json.key("status").open_object();
  json.key("inhibitedBy").open_array();
  const std::vector<std::string> inhibited = muting_.inhibited_by(text);
  for (const std::string& fingerprint : inhibited) json.value(fingerprint);
  json.close_array().key("mutedBy").open_array();
  const bool muted = row.flags & AlertRow::muted;
  if (muted) json.value(row.muted_by().window);
  json.close_array();
  const std::vector<std::string> silences = silenced_by(*snapshot_, text);
  json.key("silencedBy").open_array();
  for (const std::string& id : silences) json.value(id);
  json.close_array();
  json.field("state", muted || !silences.empty() || !inhibited.empty() ? "suppressed"
                      : row.state == AlertState::held                  ? "unprocessed"
                                                                       : "active");
  json.close_object();
  json.field("updatedAt", rfc3339(globals.wall(row.changed_at)));
  json.field_if("generatorURL", text.generator_url());
  write_pairs(json, "labels", text.labels());
  json.close_object();
}

bool AmList::next(std::string& out) {
  const bool groups = shape_ == Shape::groups;
  if (at_ == 0) out += '[';
  const std::size_t begin = out.size();
  for (; at_ < items_.size() && out.size() - begin < piece_bytes; ++at_) {
    const Item& item = items_[at_];
    const bool opens = at_ == 0 || item.receiver != items_[at_ - 1].receiver;
    if (groups && opens) {
      if (at_ > 0) out += "]},";
      out += "{\"labels\":{},\"receiver\":{\"name\":";
      append_json_string(out, receivers_[item.receiver]);
      out += "},\"routeLabels\":{},\"alerts\":[";
    } else if (at_ > 0) {
      out += ',';
    }
    write_item(out, item);
  }
  if (at_ < items_.size()) return true;
  if (groups && !items_.empty()) out += "]}";
  out += "]\n";
  return false;
}

}  // namespace tocsin::api
