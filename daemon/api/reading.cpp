#include "daemon/api/reading.hpp"

namespace tocsin::api {

void Reading::answer_later(Exchange x, Use use) {
  const auto after = x.query.number("after", 0);
  if (!after)
    return x.reply(own_error(400, "bad_request", "after is no sequence number", {{"after", ""}}));
  // Shared, because std::function wants to copy what it holds.
  auto held = std::make_shared<Exchange>(std::move(x));
  engine_.read(*after, [this, held, use = std::move(use)](SnapshotPtr snapshot) {
    if (!snapshot) return held->reply(busy("the state of that moment is not to be had yet"));
    const bool taken =
        worker_.post([held, use, snapshot = std::move(snapshot)] { use(*held, snapshot); });
    if (!taken) held->reply(busy("too many reads wait already"));
  });
}

void Reading::answer(Exchange x, Render render) {
  answer_later(std::move(x),
               [render = std::move(render)](const Exchange& held, const SnapshotPtr& snapshot) {
                 HttpResponse r = render(held, snapshot);
                 r.headers.emplace_back("X-Tocsin-Seq", std::to_string(snapshot->globals.seq));
                 held.reply(std::move(r));
               });
}

Handler Reading::handler(Render render) {
  return [this, render = std::move(render)](Exchange x) { answer(std::move(x), render); };
}

}  // namespace tocsin::api
