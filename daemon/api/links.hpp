#pragma once
// The link in a page: GET /a/TOKEN shows the incident and a button and changes nothing, whoever
// asks and however often; POST with the token in the body acts. The token is the whole proof: no
// other secret is asked for. Any thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "daemon/api/reading.hpp"
#include "rules/model/link.hpp"

namespace tocsin::api {

// What links were used for, in this process.
struct LinkStats {
  std::atomic<std::uint64_t> shown{0}, acknowledged{0}, already{0}, expired{0}, unknown{0},
      limited{0};
};

// How many unknown tokens an address may bring. Addresses share a bounded table by their hash; good
// tokens are never counted.
class UnknownTokens {
 public:
  static constexpr unsigned per_minute = 20;
  using Clock = std::chrono::steady_clock;
  bool one_more(std::string_view peer, Clock::time_point now);  // false: too many

 private:
  struct Bucket {
    Clock::time_point since{};
    unsigned count = 0;
  };
  std::mutex mutex_;
  std::array<Bucket, 1024> buckets_;
};

class LinksApi {
 public:
  explicit LinksApi(Reading& reading) : reading_(reading) {}
  void add_routes(Router& router);
  const LinkStats& stats() const { return stats_; }

 private:
  HttpResponse show(const Exchange& x, const Snapshot& snapshot);
  HttpResponse unknown(const Exchange& x);
  void press(Exchange x);
  HttpResponse pressed(const Answer& answer, const std::string& token);

  Reading& reading_;
  LinkStats stats_;
  UnknownTokens unknown_;
};

}  // namespace tocsin::api
