#pragma once
// What the web configuration asks of every request before anything else looks at it: a user with a
// password, where there are users. A token of ours is taken instead, because Authorization can hold
// one of the two only. Called by all I/O threads; passwords are checked on a thread of its own.

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/api/basic_auth.hpp"
#include "daemon/api/worker.hpp"

namespace tocsin::api {

// Of one web configuration; replaced whole.
struct WebRules {
  std::shared_ptr<BasicAuth> users;  // null or empty: no password is asked for
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
};

class Gate {
 public:
  enum class Verdict { admitted, refused, busy };
  // A user who was admitted stands in request.user, and the header is gone.
  using Next = std::function<void(HttpRequest, Verdict)>;

  explicit Gate(std::function<std::shared_ptr<const Access>()> access)
      : access_(std::move(access)) {}

  void pass(HttpRequest request, Next next);
  void set_rules(std::shared_ptr<const WebRules> rules);  // from the next request on
  std::shared_ptr<const WebRules> rules() const;
  void stop() { checking_.stop(); }

 private:
  // So many passwords may wait; a flood of wrong ones is answered 503 and disturbs nobody else.
  static constexpr std::size_t waiting_max = 64;

  std::function<std::shared_ptr<const Access>()> access_;
  mutable std::mutex mutex_;
  std::shared_ptr<const WebRules> rules_ = std::make_shared<const WebRules>();
  Worker checking_{"tocsin-password", waiting_max};
};

}  // namespace tocsin::api
