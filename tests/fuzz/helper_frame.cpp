// Any bytes from a helper process: frames that read back as the same bytes, or a refusal.
#include <cstdint>
#include <string_view>

#include "daemon/net/helper_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tocsin::HelperFrames frames;
  frames.append(bytes);
  tocsin::HelperFrame frame;
  std::size_t at = 0;
  while (frames.next(frame) == tocsin::HelperFrames::Next::frame) {
    const std::string again = tocsin::encode_frame(frame);
    if (bytes.substr(at, again.size()) != again) __builtin_trap();
    at += again.size();
  }
  return 0;
}
