#include "daemon/journal/frame.hpp"

#include <lz4.h>

#include "daemon/journal/bytes.hpp"

namespace tocsin::store {
namespace {

constexpr char plain_format = 1, packed_format = 2;
constexpr std::size_t frame_header_bytes = 34;
constexpr char marker_format = 1;
constexpr std::size_t marker_header_bytes = 29;

// The payload behind the header of a packed frame: its size, then the block.
bool unpack(std::string_view packed, std::string& out) {
  if (packed.size() < 4) return false;
  const auto size = get_le<std::uint32_t>(packed, 0);
  if (size < packed_bytes_min || size > packed_bytes_max) return false;
  out.resize(size);
  const int made = LZ4_decompress_safe(packed.data() + 4, out.data(),
                                       static_cast<int>(packed.size() - 4), static_cast<int>(size));
  return made == static_cast<int>(size);
}

}  // namespace

StoredFrame FramePacker::pack(const LogFrame& frame) {
  const std::string_view payload = frame.record.payload;
  packed_ = false;
  if (payload.size() >= packed_bytes_min && payload.size() <= packed_bytes_max) {
    const std::size_t room = payload.size() - payload.size() / 8;
    body_.resize(room);
    const int made = LZ4_compress_default(payload.data(), body_.data(),
                                          static_cast<int>(payload.size()), static_cast<int>(room));
    packed_ = made > 0;
    body_.resize(static_cast<std::size_t>(made));
  }
  header_.clear();
  header_.push_back(packed_ ? packed_format : plain_format);
  header_.push_back(static_cast<char>(frame.link));
  put_le(header_, frame.record.epoch);
  put_le(header_, frame.record.uid);
  put_le(header_, frame.previous.seq);
  put_le(header_, frame.previous.chain);
  put_le(header_, frame.record.chain);
  if (packed_) put_le(header_, static_cast<std::uint32_t>(payload.size()));
  return {header_, packed_ ? std::string_view(body_) : payload};
}

std::optional<LogFrame> parse_frame(std::uint64_t seq, std::string_view value, std::string& room) {
  if (value.size() < frame_header_bytes) return {};
  if (value[0] != plain_format && value[0] != packed_format) return {};
  if (static_cast<unsigned char>(value[1]) > 2) return {};
  std::string_view payload = value.substr(frame_header_bytes);
  if (value[0] == packed_format) {
    if (!unpack(payload, room)) return {};
    payload = room;
  }
  LogFrame frame;
  frame.link = static_cast<Link>(value[1]);
  frame.previous = {get_le<std::uint64_t>(value, 18), get_le<std::uint32_t>(value, 26)};
  frame.record = {seq, get_le<std::uint64_t>(value, 2), get_le<std::uint64_t>(value, 10),
                  get_le<std::uint32_t>(value, 30), payload};
  return frame;
}

bool is_whole(const LogFrame& frame) {
  const FrameRecord& r = frame.record;
  if (frame.previous.seq >= r.seq) return false;
  if (frame.link == Link::next && frame.previous.seq + 1 != r.seq) return false;
  return r.chain == chain_of(frame.previous.chain, r.seq, r.epoch, r.uid, r.payload);
}

bool follows(const Point& last, const LogFrame& frame) {
  if (!is_whole(frame)) return false;
  if (last == frame.previous) return true;
  // Read from below a checkpoint that outlived the log: the frames in between are declared lost.
  return frame.link == Link::loss_checkpoint && last.seq < frame.previous.seq;
}

bool starts_at(std::uint64_t from, const LogFrame& frame) {
  if (!is_whole(frame)) return false;
  return from == 0 || frame.record.seq == from ||
         (frame.link != Link::next && frame.previous.seq < from);
}

bool is_row_key(std::string_view key) {
  return !key.empty() && key[0] != '\0';
}

std::string encode_marker(const Marker& marker) {
  std::string out;
  out.reserve(marker_header_bytes + marker.body.size());
  out.push_back(marker_format);
  put_le(out, marker.seq);
  put_le(out, marker.chain);
  put_le(out, marker.previous);
  put_le(out, marker.trimmed_to);
  return out += marker.body;
}

std::optional<Marker> parse_marker(std::string_view value) {
  if (value.size() < marker_header_bytes || value[0] != marker_format) return {};
  Marker marker;
  marker.seq = get_le<std::uint64_t>(value, 1);
  marker.chain = get_le<std::uint32_t>(value, 9);
  marker.previous = get_le<std::uint64_t>(value, 13);
  marker.trimmed_to = get_le<std::uint64_t>(value, 21);
  marker.body = value.substr(marker_header_bytes);
  return marker;
}

}  // namespace tocsin::store
