#pragma once
// The reading half of Alertmanager's API v2: alerts, groups, status, receivers. The old v1 is
// answered as Alertmanager answers it: gone.

#include <atomic>
#include <memory>
#include <string>

#include "daemon/api/reading.hpp"

namespace tocsin::api {

// Whose behaviour this API has: clients compare versions, and karma wants a semantic one.
inline constexpr std::string_view am_version = "0.25.0";

class AmApi {
 public:
  AmApi(Reading& reading, std::string version, Wall started)
      : reading_(reading), version_(std::move(version)), started_(started) {}
  void add_routes(Router& router);

 private:
  HttpResponse list(const Exchange& x, const SnapshotPtr& snapshot, bool groups);
  HttpResponse status() const;

  Reading& reading_;
  std::string version_;
  Wall started_;
  // Lists being sent. Each holds a snapshot, and with it the memory of what changes meanwhile.
  std::shared_ptr<std::atomic<int>> streams_ = std::make_shared<std::atomic<int>>(0);
};

// A configuration that Alertmanager's own parser accepts: amtool reads it.
std::string am_config_text(const Settings& settings);

}  // namespace tocsin::api
