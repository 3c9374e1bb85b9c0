#pragma once
// What the daemon and its helper processes say to each other over a socket pair.
//
//   u32  length of what follows, at most frame_bytes_max; numbers are little-endian
//   u8   kind
//   then for each field, at most fields_max: u32 length, and its bytes
//
// A helper runs what others wrote, so the daemon believes nothing of it: a frame that is not
// exactly this ends the helper. Values; any thread, one at a time for one descriptor.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

struct HelperFrame {
  enum class Kind : std::uint8_t {
    hello = 1,  // helper, once it has shut itself in
    compile,    // daemon: program
    map,        // daemon: program, document
    mapped,     // helper: the output
    failed,     // helper: why
    faults,     // helper: line, column and message of each
    run,        // daemon: id, timeout_ms, command, input, number of arguments, those, environment
    ended,      // helper: id, how (exited, signal, timeout, refused, later), number, output
  } kind = Kind::hello;
  std::vector<std::string> fields;

  static constexpr std::size_t frame_bytes_max = 4u << 20;
  static constexpr std::size_t fields_max = 256;
};

std::string encode_frame(const HelperFrame& frame);

// Bytes as they come, frames as they are whole.
class HelperFrames {
 public:
  enum class Next { frame, more, bad };  // bad: there is no way on from here
  void append(std::string_view bytes) { bytes_.append(bytes); }
  Next next(HelperFrame& out);

 private:
  std::string bytes_;
};

// ---- blocking, with a deadline ----

enum class FrameResult { ok, closed, timeout, bad };
using FrameDeadline = std::chrono::steady_clock::time_point;

// `frames` keeps what came behind the frame.
FrameResult read_frame(int fd, HelperFrames& frames, HelperFrame& out, FrameDeadline deadline);
FrameResult write_frame(int fd, const HelperFrame& frame, FrameDeadline deadline);

}  // namespace tocsin
