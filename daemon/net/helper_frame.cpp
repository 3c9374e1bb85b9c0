#include "daemon/net/helper_frame.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tocsin {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t length_bytes = 4;

void put_u32(std::string& out, std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::size_t get_u32(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    value |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

// What follows the length.
bool decode(std::string_view body, HelperFrame& out) {
  const auto kind = static_cast<unsigned char>(body[0]);
  if (kind < static_cast<unsigned>(HelperFrame::Kind::hello) ||
      kind > static_cast<unsigned>(HelperFrame::Kind::ended))
    return false;
  out.kind = static_cast<HelperFrame::Kind>(kind);
  out.fields.clear();
  body.remove_prefix(1);
  while (!body.empty()) {
    if (body.size() < length_bytes || out.fields.size() == HelperFrame::fields_max) return false;
    const std::size_t size = get_u32(body);
    body.remove_prefix(length_bytes);
    if (size > body.size()) return false;
    out.fields.emplace_back(body.substr(0, size));
    body.remove_prefix(size);
  }
  return true;
}

// Whether `fd` can be read or written before the deadline.
FrameResult ready(int fd, short events, FrameDeadline deadline) {
  for (;;) {
    pollfd wanted{fd, events, 0};
    int wait_ms = -1;
    if (deadline != FrameDeadline::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    const int n = poll(&wanted, 1, wait_ms);
    if (n > 0) return FrameResult::ok;
    if (n < 0 && errno != EINTR) return FrameResult::closed;
    if (n == 0 && Clock::now() >= deadline) return FrameResult::timeout;
  }
}

bool try_again() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

std::string encode_frame(const HelperFrame& frame) {
  std::size_t size = 1;
  for (const std::string& field : frame.fields) size += length_bytes + field.size();
  std::string out;
  out.reserve(length_bytes + size);
  put_u32(out, size);
  out += static_cast<char>(frame.kind);
  for (const std::string& field : frame.fields) {
    put_u32(out, field.size());
    out += field;
  }
  return out;
}

HelperFrames::Next HelperFrames::next(HelperFrame& out) {
  if (bytes_.size() < length_bytes) return Next::more;
  const std::size_t size = get_u32(bytes_);
  if (size == 0 || size > HelperFrame::frame_bytes_max) return Next::bad;
  if (bytes_.size() < length_bytes + size) return Next::more;
  const bool good = decode(std::string_view(bytes_).substr(length_bytes, size), out);
  bytes_.erase(0, length_bytes + size);
  return good ? Next::frame : Next::bad;
}

FrameResult read_frame(int fd, HelperFrames& frames, HelperFrame& out, FrameDeadline deadline) {
  static thread_local std::array<char, 1u << 16> buffer;
  for (;;) {
    const auto next = frames.next(out);
    if (next == HelperFrames::Next::frame) return FrameResult::ok;
    if (next == HelperFrames::Next::bad) return FrameResult::bad;
    if (const auto result = ready(fd, POLLIN, deadline); result != FrameResult::ok) return result;
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0)
      frames.append({buffer.data(), static_cast<std::size_t>(n)});
    else if (n == 0 || !try_again())
      return FrameResult::closed;
  }
}

FrameResult write_frame(int fd, const HelperFrame& frame, FrameDeadline deadline) {
  const std::string bytes = encode_frame(frame);
  if (bytes.size() > length_bytes + HelperFrame::frame_bytes_max ||
      frame.fields.size() > HelperFrame::fields_max)
    return FrameResult::bad;
  for (std::size_t sent = 0; sent < bytes.size();) {
    if (const auto result = ready(fd, POLLOUT, deadline); result != FrameResult::ok) return result;
    const ssize_t n =
        send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
      sent += static_cast<std::size_t>(n);
    else if (n < 0 && !try_again())
      return FrameResult::closed;
  }
  return FrameResult::ok;
}

}  // namespace tocsin
