#pragma once
// Reads requests off bytes as daemon/net/connection.cpp does, without sockets and time.

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/net/request_parser.hpp"
#include "tests/fuzz/expect.hpp"

namespace tocsin::fuzz {

class Ear {
 public:
  using Take = std::function<void(HttpRequest)>;
  // The bytes come in pieces of that size.
  Ear(std::string_view stream, std::size_t piece, net::RequestLimits limits, Take take)
      : rest_(stream), piece_(piece), limits_(limits), parser_(limits), take_(std::move(take)) {}

  // Up to what is no request, not whole, or the last of a connection.
  void hear() {
    while (request()) continue;
  }

 private:
  using Step = net::RequestParser::Step;
  bool more() {
    if (rest_.empty()) return false;
    in_ += rest_.substr(0, piece_);
    rest_.remove_prefix(std::min(piece_, rest_.size()));
    return true;
  }
  bool read_until(Step wanted) {
    for (;;) {
      std::size_t consumed = 0;
      const Step step = parser_.feed(in_.data(), in_.size(), consumed);
      expect(consumed <= in_.size(), "no more is consumed than is there");
      in_.erase(0, consumed);
      if (step == wanted) return true;
      if (step != Step::need_more || !more()) return false;
    }
  }
  bool request() {
    if (in_.empty() && !more()) return false;
    HttpRequest r;
    parser_.begin(r);
    if (!read_until(Step::header_done)) return false;
    if (parser_.chunked()) {
      expect(!r.find("Content-Length"), "a body has one length");
      if (!read_until(Step::done)) return false;
    } else {
      const auto length = static_cast<std::size_t>(parser_.content_length());
      expect(length <= limits_.body_bytes, "a body is within the limit");
      while (in_.size() < length)
        if (!more()) return false;
      r.body = in_.substr(0, length);
      in_.erase(0, length);
    }
    net::pad_body(r.body);
    expect(r.body.size() <= limits_.body_bytes, "a body is within the limit");
    expect(r.headers.size() <= limits_.headers, "the fields are within the limit");
    expect(r.target == "*" || r.target.starts_with('/'), "a target is a path");
    for (const HttpHeader& h : r.headers)
      expect(one_line(h.name) && one_line(h.value), "a field is a line");
    take_(std::move(r));
    return parser_.keep_alive();
  }

  std::string_view rest_;
  const std::size_t piece_;
  const net::RequestLimits limits_;
  net::RequestParser parser_;
  const Take take_;
  std::string in_;
};

}  // namespace tocsin::fuzz
