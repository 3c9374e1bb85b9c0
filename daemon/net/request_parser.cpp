#include "daemon/net/request_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "rules/model/planted.hpp"

namespace tocsin::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

HttpMethod method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::get;
    case http::verb::head:
      return HttpMethod::head;
    case http::verb::post:
      return HttpMethod::post;
    case http::verb::put:
      return HttpMethod::put;
    case http::verb::delete_:
      return HttpMethod::delete_;
    case http::verb::patch:
      return HttpMethod::patch;
    case http::verb::options:
      return HttpMethod::options;
    default:
      return HttpMethod::other;
  }
}

// "http://host/path" (a proxy's form) means "/path"; anything else that is no path is refused.
bool split_target(std::string_view target, HttpRequest& request) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_token(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::size_t mark = target.find('?');
  request.target = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  if (request.target.empty()) request.target = "/";
  return request.target.front() == '/' || request.target == "*";
}

// Beast calls back for each part; it goes straight to its place, without a field container between.
class Parser final : public http::basic_parser<true> {
 public:
  Parser(HttpRequest& into, const RequestLimits& limits) : request_(into), limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    if (!planted("body_without_limit"))
      body_limit(limits.body_bytes);
    else
      body_limit(boost::none);
  }

  int version() const { return version_; }
  bool too_many_headers() const {
    return request_.headers.size() > limits_.headers && !planted("headers_without_limit");
  }

 private:
  void on_request_impl(http::verb verb, string_view name, string_view target, int version,
                       error_code& ec) override {
    version_ = version;
    request_.method = method_of(verb);
    request_.method_name.assign(name.data(), name.size());
    request_.headers.reserve(8);
    if (!split_target({target.data(), target.size()}, request_)) ec = http::error::bad_target;
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
    if (in_body_ && !planted("trailer_is_header")) return;  // it must not pass for one
    request_.headers.push_back({std::string(name), std::string(value)});
    if (too_many_headers()) ec = http::error::header_limit;
  }

  void on_header_impl(error_code&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}

  std::size_t on_body_impl(string_view bytes, error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_finish_impl(error_code&) override {}

  HttpRequest& request_;
  const RequestLimits& limits_;
  int version_ = 11;
  bool in_body_ = false;
};

RequestParser::Step failure(const error_code& ec) {
  if (ec == http::error::header_limit) return RequestParser::Step::header_too_large;
  if (ec == http::error::body_limit) return RequestParser::Step::body_too_large;
  return RequestParser::Step::bad;
}

}  // namespace

struct RequestParser::Impl {
  RequestLimits limits;
  boost::optional<Parser> parser;  // made anew for each message
};

RequestParser::RequestParser(RequestLimits limits) : impl_(new Impl{limits, {}}) {}
RequestParser::~RequestParser() = default;

void RequestParser::begin(HttpRequest& into) {
  impl_->parser.emplace(into, impl_->limits);
}

RequestParser::Step RequestParser::feed(const char* data, std::size_t size, std::size_t& consumed) {
  Parser& parser = *impl_->parser;
  consumed = 0;
  const bool in_header = !parser.is_header_done();
  if (!in_header) {
    // A chunked body never ends in fewer bytes than "0\r\n\r\n". Beast 1.81 asserts as much when
    // the last chunk trickles in, so a sender could end the process with four bytes.
    constexpr std::size_t shortest_end = 5;
    if (size < shortest_end && !planted("short_chunk_is_parsed")) return Step::need_more;
    parser.eager(true);
  }
  error_code ec;
  consumed = parser.put(boost::asio::const_buffer(data, size), ec);
  if (ec == http::error::need_more) return Step::need_more;
  if (ec) return failure(ec);
  if (in_header) return parser.is_header_done() ? Step::header_done : Step::need_more;
  return parser.is_done() ? Step::done : Step::need_more;
}

bool RequestParser::chunked() const {
  return impl_->parser->chunked();
}
bool RequestParser::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestParser::http11() const {
  return impl_->parser->version() >= 11;
}
std::uint64_t RequestParser::content_length() const {
  return impl_->parser->content_length().value_or(0);
}

void pad_body(std::string& body) {
  const std::size_t size = body.size();
  body.append(HttpRequest::body_padding, '\0');
  body.resize(size);
}

}  // namespace tocsin::net
