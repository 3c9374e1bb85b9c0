#pragma once
// A stream of syslog cut into messages (RFC 6587). One per connection, by its own thread.
//
// The first byte decides for the whole connection: a digit means that each message follows its
// length (octet counting), anything else that each ends with a line feed. Nothing is ever guessed
// to get back in step: a stream that breaks its framing is over, with a name for why, and the
// connection is to be closed. What came before is good.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tocsin {

class SyslogFraming {
 public:
  enum class Mode : std::uint8_t { detect, octet_counting, line_feed };
  enum class Failure : std::uint8_t {
    none,
    bad_length,  // no digit where a length belongs, a leading zero, or no blank after it
    too_long,    // longer than a message may be
    cut_off,     // the stream ended inside a counted message
  };
  using Each = std::function<void(std::string_view)>;

  explicit SyslogFraming(std::size_t message_bytes_max = 64 * 1024, Mode mode = Mode::detect)
      : message_bytes_max_(message_bytes_max), mode_(mode) {}

  // Calls `each` for every message that is whole now; the view lives until it returns. Never with
  // an empty one. Borders of chunks mean nothing. After a failure every call returns it again.
  Failure feed(std::string_view chunk, const Each& each);
  // The stream is over: a last line without its line feed is a message.
  Failure end(const Each& each);

  Mode mode() const { return mode_; }  // detect until the first byte
  std::size_t waiting() const {
    return part_.size();
  }  // bytes held; at most the limit and a length

 private:
  Failure fail(Failure failure);
  Failure counted(std::string_view chunk, const Each& each);
  Failure lines(std::string_view chunk, const Each& each);

  std::size_t message_bytes_max_;
  Mode mode_;
  Failure failure_ = Failure::none;
  std::string part_;         // of a message whose end has not come
  std::size_t length_ = 0;   // of the counted message that is being read
  bool in_message_ = false;  // its length is known
};
std::string_view name(SyslogFraming::Failure failure);

}  // namespace tocsin
