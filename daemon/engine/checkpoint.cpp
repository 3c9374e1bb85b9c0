#include "daemon/engine/checkpoint.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <tuple>

#include "rules/model/codec.hpp"
#include "rules/model/planted.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {
namespace {

template <class V, class B>
void body_fields(V&& v, B& b) {
  v("format", b.format), v("epoch", b.epoch), v("at", b.at), v("offset_ms", b.offset_ms);
  for (auto* d : {&b.digests.alerts, &b.digests.incidents, &b.digests.pages})
    v("rows", d->rows), v("sum", d->sum);
  v("archive_rows", b.archive_rows);
}

// A row on its way: where it comes from, encoded only when it is its turn.
struct Pending {
  std::string key;
  enum class From : std::uint8_t {
    alert,
    incident,
    page,
    silence,
    heartbeat,
    request,
    archive,
    fixed,
    nowhere
  } from;
  std::uint32_t slot = 0;
  std::uint64_t entry = 0;
};

// A row that was archived and forgotten since the last checkpoint comes twice.
void only_newest(std::vector<Pending>& rows) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + 1 < rows.size() && rows[i].key == rows[i + 1].key) continue;
    if (kept != i) rows[kept] = std::move(rows[i]);
    ++kept;
  }
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
}

std::string fixed_row(const Snapshot& s, char table) {
  if (table == globals_prefix) return RowCodec::encode(s.globals);
  if (table == totals_prefix) return RowCodec::encode(s.totals);
  if (table == counts_prefix) return RowCodec::encode(*s.counts);
  return *s.config_text;
}

}  // namespace

std::string encode(const MarkerBody& body) {
  std::string out;
  ByteWriter w(out);
  body_fields(w, body);
  w("config_hash", std::string_view(body.config_hash));
  w("rows", body.digests.silences.rows), w("sum", body.digests.silences.sum);
  // Only where there are any, or any of what stands behind.
  const TableDigest &heartbeats = body.digests.heartbeats, &requests = body.digests.requests;
  if (heartbeats.rows > 0 || requests.rows > 0)
    w("rows", heartbeats.rows), w("sum", heartbeats.sum);
  if (requests.rows > 0) w("rows", requests.rows), w("sum", requests.sum);
  return out;
}
bool decode(std::string_view bytes, MarkerBody& body) {
  ByteReader r(bytes);
  body_fields(r, body);
  std::string_view hash;
  r("config_hash", hash);
  body.config_hash = hash;
  r("rows", body.digests.silences.rows), r("sum", body.digests.silences.sum);
  r("rows", body.digests.heartbeats.rows), r("sum", body.digests.heartbeats.sum);
  r("rows", body.digests.requests.rows), r("sum", body.digests.requests.sum);
  return !r.damaged();
}

std::uint64_t row_hash(std::string_view key, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

std::vector<std::uint64_t>& Checkpointer::hashes(char table) {
  return table == alert_prefix      ? alert_hashes_
         : table == incident_prefix ? incident_hashes_
         : table == page_prefix     ? page_hashes_
         : table == silence_prefix  ? silence_hashes_
         : table == request_prefix  ? request_hashes_
                                    : heartbeat_hashes_;
}
TableDigest& Checkpointer::digest(char table) {
  return table == alert_prefix      ? digests_.alerts
         : table == incident_prefix ? digests_.incidents
         : table == page_prefix     ? digests_.pages
         : table == silence_prefix  ? digests_.silences
         : table == request_prefix  ? digests_.requests
                                    : digests_.heartbeats;
}

// 0 stands for "no row"; a real hash of 0 would only be counted as absent, once in 2^64 rows.
void Checkpointer::set(char table, std::uint32_t slot, std::uint64_t hash) {
  auto& known = hashes(table);
  if (slot >= known.size()) known.resize(slot + slot / 4 + 64);
  TableDigest& d = digest(table);
  d.rows += (hash != 0) - (known[slot] != 0);
  d.sum += hash - known[slot];
  known[slot] = hash;
}
void Checkpointer::loaded(char table, std::uint32_t slot, std::uint64_t hash) {
  set(table, slot, hash);
}

Cut Checkpointer::cut(State& state, std::uint64_t seq, std::shared_ptr<const Snapshot> snapshot) {
  Cut out{seq, std::move(snapshot), state.take_dirty()};
  if (planted("one_dirty_row_forgotten") && out.dirty.incidents.size() > 2)
    out.dirty.incidents.pop_back();
  if (planted("deleted_row_kept")) out.dirty.deleted.clear();
  return out;
}

Install Checkpointer::write(Journal& journal, const Cut& cut, const Marker& previous,
                            Marker& installed) {
  const Snapshot& s = *cut.snapshot;
  std::vector<Pending> rows;
  rows.reserve(cut.dirty.rows() + 8);
  using From = Pending::From;
  for (auto slot : cut.dirty.alerts)
    if (s.alerts.used(slot))
      rows.push_back({row_key(alert_prefix, s.alerts.at(slot).serial().value), From::alert, slot});
  for (auto slot : cut.dirty.incidents)
    if (s.incidents.used(slot))
      rows.push_back(
          {row_key(incident_prefix, s.incidents.at(slot).number.value), From::incident, slot});
  for (auto slot : cut.dirty.pages)
    if (s.pages.used(slot))
      rows.push_back({row_key(page_prefix, s.pages.at(slot).id.value), From::page, slot});
  for (auto slot : cut.dirty.silences)
    if (s.silences.used(slot))
      rows.push_back({row_key(silence_prefix, s.silences.at(slot).id.value), From::silence, slot});
  for (auto slot : cut.dirty.heartbeats)
    if (s.heartbeats.used(slot))
      rows.push_back(
          {row_key(heartbeat_prefix, s.heartbeats.at(slot).id.value), From::heartbeat, slot});
  for (auto slot : cut.dirty.requests)
    if (s.requests.used(slot))
      rows.push_back(
          {row_key(request_prefix, s.requests.at(slot).number.value), From::request, slot});
  for (const auto& d : cut.dirty.deleted) rows.push_back({d.key, From::nowhere, d.slot});
  const std::uint64_t archive_from = std::max(archive_written_, s.archive.first);
  for (std::uint64_t i = archive_from; i < s.archive.end; ++i)
    rows.push_back({s.archive.at(i).key, From::archive, 0, i});
  for (char table : {globals_prefix, totals_prefix})
    rows.push_back({std::string(1, table), From::fixed});
  if (cut.dirty.config_text) rows.push_back({std::string(1, config_prefix), From::fixed});
  if (cut.dirty.counts)
    rows.push_back(
        {std::string(1, counts_prefix), s.counts->size() > 0 ? From::fixed : From::nowhere});
  std::sort(rows.begin(), rows.end(), [](const Pending& a, const Pending& b) {
    return std::tie(a.key, a.entry) < std::tie(b.key, b.entry);
  });
  only_newest(rows);

  // Digests are those of the install to come; when it fails they are taken back.
  std::vector<std::tuple<char, std::uint32_t, std::uint64_t>> undo;
  const auto touch = [&](char table, std::uint32_t slot, std::uint64_t hash) {
    auto& known = hashes(table);
    undo.emplace_back(table, slot, slot < known.size() ? known[slot] : 0);
    set(table, slot, hash);
  };
  for (const auto& d : cut.dirty.deleted) touch(d.key[0], d.slot, 0);

  MarkerBody body;
  body.format = s.globals.format, body.epoch = s.globals.epoch.value, body.at = s.globals.at;
  body.offset_ms = s.globals.offset_ms, body.config_hash = s.globals.config_hash;
  body.archive_rows = archive_rows_ + (s.archive.end - archive_from);
  Marker marker;
  marker.seq = cut.seq;
  marker.chain = journal.chain_at(cut.seq).value_or(0);
  // Frames from the second newest checkpoint on are kept; another one at the same place is not
  // newer.
  const bool again = previous.seq == cut.seq;
  marker.previous = again ? previous.previous : previous.seq;
  marker.trimmed_to = again ? previous.trimmed_to : previous.seq;
  if (planted("trim_one_too_far")) marker.trimmed_to = cut.seq + 1;

  std::size_t next = 0;
  std::string value;
  const RowSource source = [&]() -> std::optional<RowChange> {
    if (next == rows.size()) {
      body.digests = digests_;
      marker.body = encode(body);
      return {};
    }
    const Pending& row = rows[next++];
    switch (row.from) {
      case From::alert:
        RowCodec::encode(s.alerts.at(row.slot), value);  // there are many
        break;
      case From::incident:
        value = RowCodec::encode(s.incidents.at(row.slot));
        break;
      case From::page:
        value = RowCodec::encode(s.pages.at(row.slot));
        break;
      case From::silence:
        value = RowCodec::encode(s.silences.at(row.slot));
        break;
      case From::heartbeat:
        value = RowCodec::encode(s.heartbeats.at(row.slot));
        break;
      case From::request:
        value = RowCodec::encode(s.requests.at(row.slot));
        break;
      case From::archive:
        if (s.archive.at(row.entry).gone) return RowChange{row.key, std::nullopt};
        return RowChange{row.key, s.archive.at(row.entry).value};
      case From::fixed:
        value = fixed_row(s, row.key[0]);
        break;
      case From::nowhere:
        return RowChange{row.key, std::nullopt};
    }
    if (row.from != From::fixed) touch(row.key[0], row.slot, row_hash(row.key, value));
    return RowChange{row.key, value};
  };

  const Install result = journal.install(source, marker);
  if (result != Install::installed) {
    for (auto it = undo.rbegin(); it != undo.rend(); ++it)
      set(std::get<0>(*it), std::get<1>(*it), std::get<2>(*it));
    return result;
  }
  archive_written_ = s.archive.end;
  archive_rows_ = body.archive_rows;
  installed = marker;
  return result;
}

}  // namespace tocsin
