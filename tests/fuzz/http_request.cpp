// Any bytes as a connection, the first of them saying in what pieces they come: the requests are
// those of the whole, and none is larger than the limits or has a field that ends early.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/ear.hpp"

namespace {

using namespace tocsin;

constexpr net::RequestLimits limits{2048, 16, 4096};

// What is no request is not compared: in pieces that may be known only when the head has an end.
std::vector<std::string> heard(std::string_view stream, std::size_t piece) {
  std::vector<std::string> out;
  fuzz::Ear(stream, piece, limits, [&](const HttpRequest& r) {
    std::string text = r.method_name + " " + r.target + "?" + r.query + "\n";
    for (const HttpHeader& h : r.headers) text += h.name + ": " + h.value + "\n";
    out.push_back(text + "\n" + r.body);
  }).hear();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 16384) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  fuzz::expect(heard(stream, size) == heard(stream, data[0] + 1u),
               "the pieces mean what the whole means");
  return 0;
}
