#pragma once
// Bytes of facts and frames. Little-endian, fixed width, strings as u32 size and bytes.
//
//   payload = u16 version, u16 0, u32 facts, i64 at, i64 offset, fact...
//   fact    = u16 tag, u16 0, u32 size of the fields, i64 at, fields
//
// Reading hostile or damaged bytes ends in `damaged`, never outside the buffer.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "rules/model/fact.hpp"

namespace tocsin {

static_assert(std::endian::native == std::endian::little, "the store is little-endian");

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(const char*, T v) { out_.append(reinterpret_cast<const char*>(&v), sizeof v); }
  template <Named E>
  void operator()(const char* n, E e) {
    (*this)(n, static_cast<std::uint8_t>(e));
  }
  template <class Tag, class Value>
  void operator()(const char* n, Strong<Tag, Value> s) {
    (*this)(n, s.value);
  }
  void operator()(const char* n, Instant t) { (*this)(n, t.ms); }
  void operator()(const char* n, Wall t) { (*this)(n, t.ms); }
  void operator()(const char* n, const Fingerprint& f) { (*this)(n, f.high), (*this)(n, f.low); }
  void operator()(const char* n, const PageKey& k) { (*this)(n, k.high), (*this)(n, k.low); }
  void operator()(const char* n, const LinkKey& k) {
    for (const auto word : {k.a, k.b, k.c, k.d}) (*this)(n, word);
  }
  void operator()(const char* n, std::string_view text) {
    (*this)(n, static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }

 private:
  std::string& out_;
};

// Missing trailing fields keep their defaults: an older version wrote fewer.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(const char*, T& v) {
    if (in_.size() < sizeof v) {
      if (!in_.empty()) damaged_ = true;
      in_ = {};
      return;
    }
    std::memcpy(&v, in_.data(), sizeof v);
    in_.remove_prefix(sizeof v);
  }
  void operator()(const char* n, bool& b) {
    std::uint8_t raw = b;
    (*this)(n, raw);
    b = raw != 0;
  }
  template <Named E>
  void operator()(const char* n, E& e) {
    auto raw = static_cast<std::uint8_t>(e);
    (*this)(n, raw);
    e = static_cast<E>(raw);
    if (raw >= EnumTable<E>::count) damaged_ = true;
  }
  template <class Tag, class Value>
  void operator()(const char* n, Strong<Tag, Value>& s) {
    (*this)(n, s.value);
  }
  void operator()(const char* n, Instant& t) { (*this)(n, t.ms); }
  void operator()(const char* n, Wall& t) { (*this)(n, t.ms); }
  void operator()(const char* n, Fingerprint& f) { (*this)(n, f.high), (*this)(n, f.low); }
  void operator()(const char* n, PageKey& k) { (*this)(n, k.high), (*this)(n, k.low); }
  void operator()(const char* n, LinkKey& k) {
    for (auto* word : {&k.a, &k.b, &k.c, &k.d}) (*this)(n, *word);
  }
  void operator()(const char* n, std::string_view& text) {
    std::uint32_t size = 0;
    (*this)(n, size);
    if (size > in_.size()) {
      damaged_ = true;
      size = static_cast<std::uint32_t>(in_.size());
    }
    text = in_.substr(0, size);
    in_.remove_prefix(size);
  }
  bool damaged() const { return damaged_; }
  std::string_view rest() const { return in_; }

 private:
  std::string_view in_;
  bool damaged_ = false;
};

// A fact as it stands in a frame.
struct FactView {
  std::uint16_t tag = 0;
  Instant at{};
  std::string_view fields;
  std::string_view bytes;  // header and fields
};

inline constexpr std::size_t fact_header_bytes = 16;
inline constexpr std::size_t payload_header_bytes = 24;

template <class F>
void append_fact(std::string& out, Instant at, const F& fact) {
  const std::size_t begin = out.size();
  const std::uint16_t header[2] = {FactTag<F>::value, 0};
  const std::uint32_t none = 0;
  out.append(reinterpret_cast<const char*>(header), sizeof header);
  out.append(reinterpret_cast<const char*>(&none), sizeof none);
  out.append(reinterpret_cast<const char*>(&at.ms), sizeof at.ms);
  const_cast<F&>(fact).fields(ByteWriter(out));
  const auto size = static_cast<std::uint32_t>(out.size() - begin - fact_header_bytes);
  std::memcpy(out.data() + begin + 4, &size, sizeof size);
}

template <class F>
bool read_fact(std::string_view fields, F& fact) {
  ByteReader reader(fields);
  fact.fields(reader);
  return !reader.damaged();
}

struct PayloadHeader {
  std::uint16_t version = 1;
  std::uint32_t facts = 0;
  Instant at{};
  std::int64_t offset_ms = 0;
};
void write_payload_header(std::string& out,
                          const PayloadHeader& header);  // into the first 24 bytes

// Walks a payload. done() after the last fact; damaged() when its sizes do not add up.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload);
  const PayloadHeader& header() const { return header_; }
  bool next(FactView& fact);
  bool damaged() const { return damaged_; }

 private:
  PayloadHeader header_;
  std::string_view rest_;
  std::uint32_t left_ = 0;
  bool damaged_ = false;
};
// The one fact of a timeline entry.
bool read_one_fact(std::string_view bytes, FactView& fact);

// Calls use(F) with the fact of the right type; false for an unknown tag or damaged fields.
template <class Use>
bool with_fact(const FactView& view, Use&& use) {
  switch (view.tag) {
#define TOCSIN_CASE(tag, Type)                       \
  case tag: {                                        \
    Type fact;                                       \
    if (!read_fact(view.fields, fact)) return false; \
    use(fact);                                       \
    return true;                                     \
  }
    TOCSIN_FACTS(TOCSIN_CASE)
#undef TOCSIN_CASE
    default:
      return false;
  }
}

// Row keys: one byte of table, then the serial or number, big-endian, so that they sort by age.
inline constexpr char alert_prefix = 'a', incident_prefix = 'i', page_prefix = 'p',
                      globals_prefix = 'g', totals_prefix = 't', config_prefix = 'c',
                      timeline_prefix = 'h', closed_prefix = 'z', silence_prefix = 's',
                      counts_prefix = 'n', heartbeat_prefix = 'b', request_prefix = 'r';
std::string row_key(char prefix, std::uint64_t id);
std::string timeline_key(IncidentNumber incident, std::uint32_t entry);  // entries count from 1

}  // namespace tocsin
