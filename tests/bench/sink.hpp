#pragma once
// A webhook receiver that says 200 to everything, so that neither peer retries into the void while
// it is measured. Cheap, because it shares the machine with both.

#include <cstdint>

namespace tocsin::bench {

int run_sink(std::uint16_t port);  // returns only when it cannot listen

}  // namespace tocsin::bench
