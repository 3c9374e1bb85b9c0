#pragma once
// Webhook receivers, cheap because they share the machine with what is measured. The path of a
// request says what becomes of it: /STATUS is answered with that status, /login with 200 and a page
// of HTML, /silent never, /reset by breaking the connection off; anything else with 200, so that
// nobody retries into the void.

#include <cstdint>
#include <functional>
#include <string_view>

namespace tocsin::bench {

// Called for each request that was read, on the thread of its connection, before the answer.
using Hear = std::function<void(std::string_view body)>;

int run_sink(std::uint16_t port, const Hear& hear = {});  // returns only when it cannot listen

}  // namespace tocsin::bench
