// Any bytes as a connection to the whole API over an engine: every request gets one answer, none is
// our fault, no answer's head can be broken out of, and requests that only read write nothing.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/response_head.hpp"
#include "tests/fuzz/ear.hpp"
#include "tests/unit/api/support.hpp"

namespace {

using namespace tocsin;
using namespace tocsin::api::testing;
using fuzz::expect;

constexpr std::size_t requests_max = 4;
constexpr net::RequestLimits limits{4096, 32, 16384};

std::uint64_t durable(World& world) {
  return world.engine->read_now()->globals.seq;
}

void judge(HttpResponse answer) {
  expect(answer.status >= 200 && answer.status < 600 && answer.status != 500,
         "no request is answered with a fault of ours");
  std::string head;
  net::write_head(head, answer, net::body_form(answer, true), true, "");
  for (std::string_view rest = head; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    expect(fuzz::one_line(line), "a field of an answer is a line");
  }
  (void)text_of(answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 16 || size > 16384) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  std::vector<HttpRequest> requests;
  fuzz::Ear(stream, size, limits, [&](HttpRequest r) { requests.push_back(std::move(r)); }).hear();
  if (requests.empty()) return 0;
  if (requests.size() > requests_max) requests.resize(requests_max);

  const bool only_reads = std::all_of(requests.begin(), requests.end(), [](const HttpRequest& r) {
    return r.method == HttpMethod::get || r.method == HttpMethod::head;
  });
  static const Loaded config = load_text(config_text, "fuzz.yaml");
  World world(config);
  const std::uint64_t before = only_reads ? durable(world) : 0;
  for (HttpRequest& r : requests) {
    r.loopback = true, r.peer = "127.0.0.1";
    judge(world.call(std::move(r)));
  }
  if (only_reads) expect(durable(world) == before, "reading writes nothing");
  return 0;
}
