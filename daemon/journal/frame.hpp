#pragma once
// A frame as a journal stores it: the caller's frame plus what it follows. All makers share these
// rules, so that the same history has the same bytes and the same verdicts everywhere.
// Pure values and functions, any thread. Bytes: docs/store.md, "Frame record".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/journal/journal.hpp"

namespace tocsin::store {

// A place in the history: a frame's number and the chain up to it. {0, 0} is before the first.
struct Point {
  std::uint64_t seq = 0;
  std::uint32_t chain = 0;
  bool operator==(const Point&) const = default;
};

// How a frame is tied to the point before it.
enum class Link : std::uint8_t {
  next = 0,             // to seq - 1
  loss = 1,             // over a declared loss, to the last good frame of the log
  loss_checkpoint = 2,  // over a declared loss, to a checkpoint whose own frames are gone too
};

struct LogFrame {
  FrameRecord record;
  Link link = Link::next;
  Point previous;
};

// A frame as the value that is stored: header and body, one behind the other. Views into the
// frame's payload and into the packer, good until its next call.
struct StoredFrame {
  std::string_view header, body;
};

// Payloads from this size on are packed (LZ4): what is written and synced at a high rate is then a
// quarter of it, and that is worth more than the packing costs. What is not made smaller by an
// eighth, and what is larger than a turn makes it, is stored as it is.
inline constexpr std::size_t packed_bytes_min = 4096, packed_bytes_max = 8u << 20;

class FramePacker {
 public:
  StoredFrame pack(const LogFrame& frame);
  // The last frame needs a store of format 2.
  bool packed() const { return packed_; }

 private:
  std::string header_, body_;
  bool packed_ = false;
};

// nullopt: not a frame of a known format, or what is packed is not what was packed. Views into
// `value`, or into `room`, whose contents are replaced, where it was packed.
std::optional<LogFrame> parse_frame(std::uint64_t seq, std::string_view value, std::string& room);

// The frame's own chain is right and its link is possible.
bool is_whole(const LogFrame& frame);

// `frame` is whole and is the successor of `last`.
bool follows(const Point& last, const LogFrame& frame);

// `frame` is whole and may be the first one when reading from `from`: that number, the first after
// a loss that begins there or before, or, when `from` is 0, whichever frame is the oldest.
bool starts_at(std::uint64_t from, const LogFrame& frame);

// Keys of rows begin with a byte other than 0; that byte is the journal's own.
bool is_row_key(std::string_view key);

// A marker as one row. nullopt: not a marker of a known format.
std::string encode_marker(const Marker& marker);
std::optional<Marker> parse_marker(std::string_view value);

}  // namespace tocsin::store
