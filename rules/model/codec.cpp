#include "rules/model/codec.hpp"

namespace tocsin {

void write_payload_header(std::string& out, const PayloadHeader& h) {
  const std::uint16_t start[2] = {h.version, 0};
  std::memcpy(out.data(), start, sizeof start);
  std::memcpy(out.data() + 4, &h.facts, sizeof h.facts);
  std::memcpy(out.data() + 8, &h.at.ms, sizeof h.at.ms);
  std::memcpy(out.data() + 16, &h.offset_ms, sizeof h.offset_ms);
}

PayloadReader::PayloadReader(std::string_view payload) {
  if (payload.size() < payload_header_bytes) {
    damaged_ = true;
    return;
  }
  std::memcpy(&header_.version, payload.data(), sizeof header_.version);
  std::memcpy(&header_.facts, payload.data() + 4, sizeof header_.facts);
  std::memcpy(&header_.at.ms, payload.data() + 8, sizeof header_.at.ms);
  std::memcpy(&header_.offset_ms, payload.data() + 16, sizeof header_.offset_ms);
  if (header_.version != 1) damaged_ = true;
  rest_ = payload.substr(payload_header_bytes);
  left_ = header_.facts;
}

bool read_one_fact(std::string_view bytes, FactView& fact) {
  if (bytes.size() < fact_header_bytes) return false;
  std::uint32_t size = 0;
  std::memcpy(&fact.tag, bytes.data(), sizeof fact.tag);
  std::memcpy(&size, bytes.data() + 4, sizeof size);
  std::memcpy(&fact.at.ms, bytes.data() + 8, sizeof fact.at.ms);
  if (size > bytes.size() - fact_header_bytes) return false;
  fact.fields = bytes.substr(fact_header_bytes, size);
  fact.bytes = bytes.substr(0, fact_header_bytes + size);
  return true;
}

bool PayloadReader::next(FactView& fact) {
  if (damaged_) return false;
  if (left_ == 0) {
    damaged_ = !rest_.empty();
    return false;
  }
  if (!read_one_fact(rest_, fact)) {
    damaged_ = true;
    return false;
  }
  rest_.remove_prefix(fact.bytes.size());
  --left_;
  return true;
}

std::string row_key(char prefix, std::uint64_t id) {
  std::string key(9, prefix);
  for (int i = 0; i < 8; ++i) key[1 + i] = static_cast<char>(id >> (56 - 8 * i));
  return key;
}

std::string timeline_key(IncidentNumber incident, std::uint32_t entry) {
  std::string key = row_key(timeline_prefix, incident.value);
  for (int i = 0; i < 4; ++i) key.push_back(static_cast<char>(entry >> (24 - 8 * i)));
  return key;
}

}  // namespace tocsin
