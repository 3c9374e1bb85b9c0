#include "daemon/cli/sample_body.hpp"

#include <future>

#include "daemon/net/http.hpp"

namespace tocsin::cli {
namespace {

Decoded refused(std::string message) {
  Decoded out;
  out.failure = DecodeFailure::malformed;
  out.message = std::move(message);
  return out;
}

Decoded decode(const SourceKind& kind, std::string body, Wall received_at) {
  const std::size_t size = body.size();
  body.append(HttpRequest::body_padding, '\0');
  return kind.decode(std::string_view(body).substr(0, size), received_at);
}

}  // namespace

Decoded read_sample(const Integration& integration, Mapper& mapper, std::string body,
                    Wall received_at) {
  const SourceKind& kind = *find_source(integration.source);
  if (!kind.document) return decode(kind, std::move(body), received_at);
  if (body.size() > Mapper::document_bytes_max) return refused("it is larger than 1 MiB");
  body.reserve(body.size() + HttpRequest::body_padding);
  if (Decoded d = kind.document(body); d.failure != DecodeFailure::none) return d;
  std::promise<MapResult> promise;
  const auto taken =
      mapper.offer(integration.name, std::make_shared<const std::string>(integration.program.text),
                   std::move(body), [&promise](MapResult r) { promise.set_value(std::move(r)); });
  if (taken != Mapper::Offer::taken) return refused("there is no room for it");
  MapResult result = promise.get_future().get();
  if (result.outcome == MapResult::Outcome::mapped)
    return decode(kind, std::move(result.text), received_at);
  return refused("the program: " + result.text);
}

}  // namespace tocsin::cli
