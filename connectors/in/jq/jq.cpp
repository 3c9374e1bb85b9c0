#include "connectors/in/jq/jq.hpp"

#include "connectors/in/generic_json/generic_json.hpp"
#include "connectors/in/json/walk.hpp"

namespace tocsin {
namespace {

// jq's own parser takes more than JSON is, and nests deeper.
Decoded document(std::string_view body) {
  JsonWalk walk(body);
  const bool good =
      walk.root_is_array()
          ? walk.root_array([&](std::size_t, JsonWalk::Value value) { return walk.skip(value); })
          : walk.root_object(
                [&](std::string_view, JsonWalk::Value value) { return walk.skip(value); });
  Decoded out;
  if (good) return out;
  out.failure = walk.failure();
  out.message = walk.message();
  return out;
}

Decoded decode(std::string_view output, Wall received_at) {
  Decoded out = generic_json.decode(output, received_at);
  if (out.failure != DecodeFailure::none) out.message = "what the program made: " + out.message;
  return out;
}

}  // namespace

const SourceKind jq_source{.name = "jq", .decode = decode, .settings = {}, .document = document};

}  // namespace tocsin
