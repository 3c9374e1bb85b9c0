#include "daemon/engine/digest.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <map>

#include "rules/model/codec.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {

void StateDigest::add(std::string_view key, std::string_view value) {
  TableDigest& table = tables_[key.front()];
  ++table.rows;
  table.sum += row_hash(key, value);
}

std::string StateDigest::hex() const {
  std::string bytes;
  ByteWriter w(bytes);
  for (const auto& [table, digest] : tables_)
    w("table", static_cast<std::uint8_t>(table)), w("rows", digest.rows), w("sum", digest.sum);
  const XXH128_hash_t h = XXH3_128bits(bytes.data(), bytes.size());
  return tocsin::hex(Fingerprint{h.high64, h.low64});
}

void add_live(StateDigest& digest, const Snapshot& s) {
  s.alerts.each([&](std::uint32_t, const AlertRow& r) {
    digest.add(row_key(alert_prefix, r.serial().value), RowCodec::encode(r));
  });
  s.incidents.each([&](std::uint32_t, const IncidentRow& r) {
    digest.add(row_key(incident_prefix, r.number.value), RowCodec::encode(r));
  });
  s.pages.each([&](std::uint32_t, const PageRow& r) {
    digest.add(row_key(page_prefix, r.id.value), RowCodec::encode(r));
  });
  s.silences.each([&](std::uint32_t, const SilenceRow& r) {
    digest.add(row_key(silence_prefix, r.id.value), RowCodec::encode(r));
  });
  s.heartbeats.each([&](std::uint32_t, const HeartbeatRow& r) {
    digest.add(row_key(heartbeat_prefix, r.id.value), RowCodec::encode(r));
  });
  s.requests.each([&](std::uint32_t, const RequestRow& r) {
    digest.add(row_key(request_prefix, r.number.value), RowCodec::encode(r));
  });
  digest.add(std::string(1, globals_prefix), RowCodec::encode(s.globals));
  digest.add(std::string(1, totals_prefix), RowCodec::encode(s.totals));
  digest.add(std::string(1, config_prefix), *s.config_text);
  if (s.counts->size() > 0) digest.add(std::string(1, counts_prefix), RowCodec::encode(*s.counts));
}

void add_archive(StateDigest& digest, const Archive::View& view, Journal* disk) {
  std::map<std::string_view, const ArchiveEntry*> waiting;  // the newest of each key
  view.each([&](const ArchiveEntry& e) { waiting[e.key] = &e; });
  for (const auto& [key, entry] : waiting)
    if (!entry->gone) digest.add(key, entry->value);
  if (!disk) return;
  for (const char table : {timeline_prefix, closed_prefix})
    disk->scan_rows(std::string(1, table), [&](std::string_view key, std::string_view value) {
      if (!waiting.contains(key)) digest.add(key, value);
      return true;
    });
}

StateDigest digest_of(const Snapshot& snapshot, Journal* disk) {
  StateDigest digest;
  add_live(digest, snapshot);
  add_archive(digest, snapshot.archive, disk);
  return digest;
}

}  // namespace tocsin
