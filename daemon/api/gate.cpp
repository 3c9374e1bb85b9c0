#include "daemon/api/gate.hpp"

#include <algorithm>

namespace tocsin::api {
namespace {

void admit(HttpRequest request, const std::string& user, const Gate::Next& next) {
  std::erase_if(request.headers,
                [](const HttpHeader& h) { return same_token(h.name, "Authorization"); });
  request.user = user;
  next(std::move(request), Gate::Verdict::admitted);
}

}  // namespace

void Gate::set_rules(std::shared_ptr<const WebRules> rules) {
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

std::shared_ptr<const WebRules> Gate::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

void Gate::pass(HttpRequest request, Next next) {
  const auto rules = this->rules();
  if (!rules->users || rules->users->empty()) return next(std::move(request), Verdict::admitted);
  const auto secret = presented_secret(request);
  if (secret && is_known_secret(*secret, *access_()))
    return next(std::move(request), Verdict::admitted);
  const auto shown = BasicAuth::presented(request);
  if (!shown) return next(std::move(request), Verdict::refused);
  if (rules->users->remembers(*shown)) return admit(std::move(request), shown->user, next);

  // Jobs are copied, requests are not.
  const auto held = std::make_shared<HttpRequest>(std::move(request));
  const bool taken = checking_.post([users = rules->users, shown = *shown, held, next] {
    if (users->remembers(shown) || users->check(shown))
      return admit(std::move(*held), shown.user, next);
    next(std::move(*held), Verdict::refused);
  });
  if (!taken) next(std::move(*held), Verdict::busy);
}

}  // namespace tocsin::api
