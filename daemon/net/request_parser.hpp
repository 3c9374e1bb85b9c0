#pragma once
// Bytes -> HttpRequest, one message after the other. Wraps Boost.Beast's parser, which is compiled
// in request_parser.cpp and nowhere else. One per connection, used by that connection's thread
// only.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/net/http.hpp"

namespace tocsin::net {

struct RequestLimits {
  std::size_t header_bytes = 0;
  std::size_t headers = 0;
  std::uint64_t body_bytes = 0;
};

class RequestParser {
 public:
  enum class Step {
    need_more,    // feed again, with the bytes that were not consumed still in front
    header_done,  // facts below are valid; the body has not been touched
    done,         // only for a chunked body: the message is complete
    bad,
    header_too_large,
    body_too_large,
  };

  explicit RequestParser(RequestLimits limits);
  ~RequestParser();

  // Begins the next message; `into` must outlive it.
  void begin(HttpRequest& into);

  // Reads from the front of `data`. Until header_done, then, if chunked(), again until done; a body
  // of known length is the caller's to read.
  Step feed(const char* data, std::size_t size, std::size_t& consumed);

  bool chunked() const;
  std::uint64_t content_length() const;  // 0 when there is none
  bool keep_alive() const;
  bool http11() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Makes the promise of HttpRequest::body true: room behind it, and zeros in that room.
void pad_body(std::string& body);

}  // namespace tocsin::net
