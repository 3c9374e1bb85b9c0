// Any bytes as a request body: a decoder answers with alerts or with what is wrong, and what it
// made is well formed.
#include <cstdint>
#include <string>

#include "connectors/registry.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t padding = 64;
  static const tocsin::SourceKind* source = tocsin::find_source(SOURCE_KIND);
  std::string body(reinterpret_cast<const char*>(data), size);
  body.append(padding, '\0');
  const auto out =
      source->decode(std::string_view(body).substr(0, size), tocsin::Wall{1'800'000'000'000});
  for (const auto& alert : out.batch.alerts)
    if (!out.batch.text(alert).valid() || out.batch.text(alert).labels().empty()) __builtin_trap();
  return 0;
}
