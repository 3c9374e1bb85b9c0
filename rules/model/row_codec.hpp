#pragma once
// Bytes of the rows of a checkpoint (docs/store.md, "Rows"). A row decodes to exactly what was
// encoded; a version appends fields and never moves one.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rules/model/state.hpp"

namespace tocsin {

struct RowCodec {
  static std::string encode(const AlertRow& row);
  static void encode(const AlertRow& row, std::string& out);  // instead of what is in it
  static std::string encode(const IncidentRow& row);
  static std::string encode(const PageRow& row);
  static std::string encode(const SilenceRow& row);
  static std::string encode(const HeartbeatRow& row);
  static std::string encode(const RequestRow& row);
  static std::string encode(const Globals& globals);
  static std::string encode(const Totals& totals);
  static std::string encode(const CountBuckets& counts);

  // Before the first row: room for as many alerts and incidents as are expected.
  static void loading(State& state, std::size_t alerts, std::size_t incidents);
  // Puts one row of a checkpoint into an empty or partly loaded state; false when it is damaged or
  // of a table this version does not know. The order of the calls does not matter. `slot` tells
  // where a row of a table went.
  static bool load(State& state, std::string_view key, std::string_view value, std::uint32_t& slot);
  // After the last row: indexes and deadlines are rebuilt as rows come; this forgets that they are
  // new.
  static void loaded(State& state);

  // The incident of an archive row ("z" key); its blob must be freed by the caller.
  static bool decode(std::string_view value, IncidentRow& row);
};

}  // namespace tocsin
