#pragma once
// How many alerts an integration may bring (docs/operate.md): a bucket of tokens for each that has
// a quota. Critical alerts and ends are always taken, and are counted all the same. Whoever is
// refused for a while is told about once, and once when it is over. In memory, any thread; the time
// is an argument and never goes back.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "rules/model/time.hpp"

namespace tocsin::api {

class Quotas {
 public:
  // Refused for `lasting`, it is told; not any more for `quiet`, that is over.
  static constexpr Span lasting = minutes(1), quiet = minutes(5);

  // Whether so many may come now. False: nothing of them was taken, and they are counted here.
  bool admit(const std::string& integration, const Quota& quota, std::size_t alerts, bool urgent,
             Instant now);

  // What was admitted was not taken after all.
  void give_back(const std::string& integration, std::size_t alerts);

  struct News {
    std::string integration;
    std::string sentence;  // empty: it is over
  };
  std::vector<News> look(Instant now);
  // The news of this one could not be told: it is told at the next look.
  void untell(const std::string& integration);

  // Alerts refused since the start, by integration.
  std::map<std::string, std::uint64_t> refused() const;

 private:
  struct Bucket {
    Quota quota;
    std::int64_t thousandths = 0;  // of tokens; below zero while something is paid for
    Instant filled_at{};
    std::uint64_t refused = 0;
    Instant refused_since = never, refused_last = never;
    bool told = false;
  };
  static void fill(Bucket& bucket, const Quota& quota, Instant now);

  mutable std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // of names that the configuration has, or had
};

}  // namespace tocsin::api
