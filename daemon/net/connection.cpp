#include "daemon/net/connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "rules/model/planted.hpp"

// g++ 12 miscompiles co_await inside a condition, a conditional expression or beside a temporary
// with a destructor (the frame is damaged, silently). So in here every co_await is a statement of
// its own.

namespace tocsin::net {
namespace {

namespace asio = boost::asio;
// A body grows as it arrives, not as it is declared: room is made for a few times what has come, so
// that a batch of alerts is read in three steps. Who declares a lot and stalls holds the first one.
constexpr std::size_t body_growth = 8;
constexpr std::size_t body_step_min = 1u << 10;
constexpr std::size_t body_step_max = 256u << 10;
constexpr std::size_t gather_from = 16u << 10;  // smaller bodies are copied behind their head

// Its share of the memory that all bodies being read may take.
class BodyShare {
 public:
  explicit BodyShare(Shared& shared) : shared_(shared) {}
  ~BodyShare() { shared_.bodies_bytes.fetch_sub(taken_, std::memory_order_relaxed); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  bool grow(std::size_t n) {
    taken_ += n;
    const std::size_t before = shared_.bodies_bytes.fetch_add(n, std::memory_order_relaxed);
    return before + n <= shared_.options.bodies_bytes_max || planted("bodies_without_limit");
  }

 private:
  Shared& shared_;
  std::size_t taken_ = 0;
};

// One per request, shared by the copies of its Reply.
class ReplySlot {
 public:
  ReplySlot(std::weak_ptr<Connection> connection, std::uint64_t serial, IoThread& io)
      : connection_(std::move(connection)), serial_(serial), mailbox_(io.mailbox()) {}
  ~ReplySlot() {
    if (!used_.load(std::memory_order_relaxed)) send(std::nullopt);
  }

  void operator()(HttpResponse response) {
    if (!used_.exchange(true)) send(std::move(response));
  }

 private:
  void send(std::optional<HttpResponse> response) {
    mailbox_->post([connection = std::move(connection_), serial = serial_,
                    response = std::move(response)]() mutable {
      if (const auto c = connection.lock()) c->answer(serial, std::move(response));
    });
  }

  std::weak_ptr<Connection> connection_;
  std::uint64_t serial_;
  std::shared_ptr<Mailbox> mailbox_;
  std::atomic<bool> used_{false};
};

void count(Counters::Counter& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

template <class Handler>
struct WaiterOf final : Waiter {
  explicit WaiterOf(Handler h) : handler(std::move(h)) {}
  void resume() override { std::move(handler)(); }
  Handler handler;
};

HttpResponse busy(std::string_view message) {
  HttpResponse response = http_error(503, "unavailable", message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Origin origin, std::shared_ptr<Tls> tls,
                       IoThread& io, Shared& shared)
    : origin_(origin),
      stream_(std::move(socket), std::move(tls)),
      io_(io),
      shared_(shared),
      parser_({shared.options.header_bytes_max, shared.options.headers_max,
               shared.options.body_bytes_max}),
      in_(shared.options.header_bytes_max + (16u << 10)) {}

boost::asio::awaitable<void> Connection::run(std::shared_ptr<Connection> connection, bool refused) {
  Connection& self = *connection;
  self.io_.add(self);
  try {
    if (refused) {
      co_await self.refuse();
    } else {
      co_await self.serve();
    }
  } catch (const std::exception&) {
    // Out of memory, here or in `more`: this connection ends, the others go on.
  }
  self.stream_.close();
  self.io_.no_longer_waits(self);
  self.io_.remove(self);
  self.shared_.closed(refused, self.origin_);
}

Connection::Task<void> Connection::serve() {
  set_deadline(shared_.options.header_deadline);
  io_.waits(*this, shared_.options);
  const bool secured = co_await stream_.handshake();
  if (!secured) {
    count(shared_.counters.handshakes_failed);
    co_return;
  }
  for (bool again = true; again;) again = co_await exchange();
  if (stream_.encrypted() && !aborted_) {
    set_deadline(shared_.options.linger);
    co_await stream_.end();
  }
}

Connection::Task<void> Connection::refuse() {
  if (stream_.encrypted()) co_return;  // a handshake is what there is no room for
  HttpResponse response = busy("too many connections");
  write_head(out_, response, BodyForm::sized, false, io_.date());
  out_ += response.body;
  const bool written = co_await write(asio::buffer(out_));
  if (written) co_await linger();
}

// One request and its answer. False when the connection is to end.
Connection::Task<bool> Connection::exchange() {
  HttpRequest request;
  parser_.begin(request);
  Read read = co_await read_header();
  io_.no_longer_waits(*this);
  std::optional<HttpResponse> refusal;
  if (read == Read::ok) {
    first_ = false;
    refusal = objection(request);
    if (refusal)
      count(shared_.counters.malformed);
    else
      read = co_await read_body(request);
  }
  if (read == Read::closed) co_return false;
  if (read != Read::ok) refusal = refusal_of(read);
  if (refusal) {
    std::string().swap(request.body);  // not to be held while the sender is waited for
    const bool sent = co_await send(*refusal, false, false);
    if (sent) co_await linger();
    co_return false;
  }

  const bool head_only = request.method == HttpMethod::head;
  co_await ask(request);
  if (!answer_) co_return false;
  HttpResponse response = std::move(*answer_);
  answer_.reset();
  const bool going_on = parser_.keep_alive();
  const bool keep =
      going_on && !response.close && !shared_.draining.load(std::memory_order_relaxed);
  const bool sent = co_await send(response, head_only, keep);
  // A peer that expected to go on may have sent more already; closing on it would take our answer
  // away.
  if (sent && going_on && !keep) co_await linger();
  co_return sent&& keep;
}

Connection::Task<Connection::Read> Connection::read_header() {
  if (!first_) set_deadline(shared_.options.idle_deadline);
  if (in_.size() == 0) {
    if (shared_.draining.load(std::memory_order_relaxed)) co_return Read::closed;
    idle_ = true;
    const asio::mutable_buffer space = in_.space();
    const std::size_t n = co_await read_some(space);
    idle_ = false;
    if (n == 0) co_return Read::closed;  // nobody waits for an answer
    in_.received(n);
  }
  if (!first_) set_deadline(shared_.options.header_deadline);
  for (;;) {
    std::size_t consumed = 0;
    const RequestParser::Step step = parser_.feed(in_.data(), in_.size(), consumed);
    in_.consume(consumed);
    switch (step) {
      case RequestParser::Step::header_done:
        co_return Read::ok;
      case RequestParser::Step::header_too_large:
        co_return Read::header_too_large;
      case RequestParser::Step::body_too_large:
        co_return Read::body_too_large;
      case RequestParser::Step::done:
      case RequestParser::Step::bad:
        co_return Read::bad;
      case RequestParser::Step::need_more:
        break;
    }
    if (in_.full()) co_return Read::header_too_large;
    io_.waits(*this, shared_.options);
    const asio::mutable_buffer space = in_.space();
    const std::size_t n = co_await read_some(space);
    if (n == 0) co_return read_failure();
    in_.received(n);
  }
}

// What is wrong with a header that can be read, before its body is.
std::optional<HttpResponse> Connection::objection(const HttpRequest& request) const {
  const bool http11 = parser_.http11();
  if (http11 && request.find("Host") == nullptr)
    return http_error(400, "malformed", "HTTP/1.1 wants a Host header");
  const std::string* transfer = request.find("Transfer-Encoding");
  if (transfer != nullptr && !(http11 && parser_.chunked() && same_token(*transfer, "chunked")))
    return http_error(501, "transfer_encoding", "the only Transfer-Encoding known here is chunked");
  const std::string* content = request.find("Content-Encoding");
  if (content != nullptr && !same_token(*content, "identity") && !planted("encoding_ignored")) {
    HttpResponse response =
        http_error(415, "content_encoding", "send the body without Content-Encoding");
    response.headers.emplace_back("Accept-Encoding", "identity");
    return response;
  }
  const std::string* expect = request.find("Expect");
  if (expect != nullptr && !same_token(*expect, "100-continue"))
    return http_error(417, "expectation", "the only expectation known here is 100-continue");
  return std::nullopt;
}

Connection::Task<Connection::Read> Connection::read_body(HttpRequest& request) {
  const std::uint64_t length = parser_.content_length();
  if (length > 0 || parser_.chunked()) {
    if (parser_.http11() && in_.size() == 0 && request.find("Expect") != nullptr) {
      static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const bool written = co_await write(asio::buffer(go_on));
      if (!written) co_return read_failure();
    }
    body_began_ = Clock::now();
    body_has(in_.size());
    Read read = Read::ok;
    if (parser_.chunked()) {
      read = co_await read_chunked(request.body);
    } else {
      read = co_await read_sized(request.body, length);
    }
    if (read != Read::ok) co_return read;
  }
  pad_body(request.body);
  co_return Read::ok;
}

// Straight into the body, past the parser: it would only copy.
Connection::Task<Connection::Read> Connection::read_sized(std::string& body, std::size_t length) {
  BodyShare share(shared_);
  std::size_t filled = std::min(length, in_.size());
  body.assign(in_.data(), filled);
  in_.consume(filled);
  while (filled < length) {
    if (filled == body.size()) {
      const std::size_t step =
          std::min(length - filled, std::clamp(body_growth * filled, body_step_min, body_step_max));
      if (!share.grow(step)) co_return Read::shed;
      body.resize(filled + step);
    }
    const asio::mutable_buffer space(&body[filled], body.size() - filled);
    const std::size_t n = co_await read_some(space);
    if (n == 0) co_return read_failure();
    filled += n;
    body_has(filled);
  }
  co_return Read::ok;
}

Connection::Task<Connection::Read> Connection::read_chunked(std::string& body) {
  BodyShare share(shared_);
  for (;;) {
    const std::size_t before = body.size();
    std::size_t consumed = 0;
    const RequestParser::Step step = parser_.feed(in_.data(), in_.size(), consumed);
    in_.consume(consumed);
    if (!share.grow(body.size() - before)) co_return Read::shed;
    switch (step) {
      case RequestParser::Step::done:
        co_return Read::ok;
      case RequestParser::Step::header_too_large:
        co_return Read::header_too_large;
      case RequestParser::Step::body_too_large:
        co_return Read::body_too_large;
      case RequestParser::Step::header_done:
      case RequestParser::Step::bad:
        co_return Read::bad;
      case RequestParser::Step::need_more:
        break;
    }
    if (in_.full()) co_return Read::bad;  // a chunk header or trailer without an end
    const asio::mutable_buffer space = in_.space();
    const std::size_t n = co_await read_some(space);
    if (n == 0) co_return read_failure();
    in_.received(n);
    body_has(body.size() + in_.size());
  }
}

// The answer to what could not be read, counted. Never asked for Read::ok and Read::closed.
HttpResponse Connection::refusal_of(Read why) {
  Counters& counters = shared_.counters;
  switch (why) {
    case Read::late:
      count(counters.too_slow);
      return http_error(408, "too_slow", "the request did not arrive in time");
    case Read::header_too_large:
      count(counters.too_large);
      return http_error(431, "header_too_large", "the header is too large");
    case Read::body_too_large:
      count(counters.too_large);
      return http_error(413, "body_too_large", "the body is too large");
    case Read::shed:
      count(counters.shed);
      return busy("too many bodies at once");
    case Read::ok:
    case Read::closed:
    case Read::bad:
      break;
  }
  count(counters.malformed);
  return http_error(400, "malformed", "this is not HTTP/1.1");
}

// Hands the request over and waits for the answer. None: the server stops.
Connection::Task<void> Connection::ask(HttpRequest& request) {
  request.peer = stream_.peer();
  request.loopback = stream_.loopback();
  count(shared_.counters.requests);
  ++serial_;
  answer_.reset();
  set_deadline(shared_.options.reply_deadline);
  try {
    shared_.handler(std::move(request), make_reply());
  } catch (const std::exception&) {
    // Its Reply died with it, which answers 500.
  }
  co_await wait_for_answer();
}

Connection::Task<void> Connection::wait_for_answer() {
  if (!answer_ && !aborted_) {
    const auto suspend = [this](auto handler) {
      waiter_ = std::make_unique<WaiterOf<decltype(handler)>>(std::move(handler));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(suspend,
                                                                         asio::use_awaitable);
  }
  ++serial_;
}

Reply Connection::make_reply() {
  const auto slot = std::make_shared<ReplySlot>(weak_from_this(), serial_, io_);
  return [slot](HttpResponse response) { (*slot)(std::move(response)); };
}

void Connection::answer(std::uint64_t serial, std::optional<HttpResponse> response) {
  if (!response) count(shared_.counters.replies_dropped);
  if (serial != serial_ || answer_) return;
  answer_ = response ? std::move(*response) : http_error(500, "internal", "nobody answered");
  resume();
}

void Connection::resume() {
  if (!waiter_) return;
  // Posted: whoever calls this is in the middle of something.
  asio::post(io_.context(), [waiter = std::move(waiter_)] { waiter->resume(); });
}

// `head_only`: the answer to HEAD, which tells the length and keeps the body.
Connection::Task<bool> Connection::send(HttpResponse& response, bool head_only, bool keep) {
  const BodyForm form = body_form(response, parser_.http11());
  out_.clear();
  write_head(out_, response, form, keep && form != BodyForm::to_eof, io_.date());
  bool sent = false;
  if (head_only || form == BodyForm::none) {
    sent = co_await write(asio::buffer(out_));
  } else if (form != BodyForm::sized) {
    sent = co_await stream(response, form);
  } else if (response.body.size() < gather_from) {
    out_ += response.body;
    sent = co_await write(asio::buffer(out_));
  } else {
    sent = co_await write(asio::buffer(out_), asio::buffer(response.body));
  }
  co_return sent&& form != BodyForm::to_eof;
}

Connection::Task<bool> Connection::write(asio::const_buffer first, asio::const_buffer second) {
  if (aborted_) co_return false;
  Stream::Pieces left{first, second};
  // The kernel nearly always takes an answer whole; only what it does not take is waited for.
  if (!stream_.write_now(left)) co_return false;
  if (left[0].size() + left[1].size() == 0) co_return true;
  set_deadline(shared_.options.write_deadline);
  const bool written = co_await stream_.write(left);
  if (!written && expired_) count(shared_.counters.too_slow);
  co_return written;
}

Connection::Task<std::size_t> Connection::read_some(asio::mutable_buffer into) {
  if (expired_ || aborted_) co_return 0;
  const std::size_t n = co_await stream_.read_some(into);
  co_return n;
}

// Closing a socket with unread bytes resets it, and the peer may lose the answer that says why.
Connection::Task<void> Connection::linger() {
  set_deadline(shared_.options.linger);
  co_await stream_.end();
  in_.consume(in_.size());
  for (std::size_t left = 2 * shared_.options.body_bytes_max;;) {
    const asio::mutable_buffer space = in_.space();
    const std::size_t n = co_await read_some(space);
    if (n == 0 || n > left) co_return;
    in_.received(n), in_.consume(n);
    left -= n;
  }
}

void Connection::set_deadline(Clock::time_point when) {
  expired_ = false;
  if (planted("slow_sender_is_awaited")) when += std::chrono::hours(1);
  deadline_ = when;
  io_.watch(deadline_);
}

void Connection::body_has(std::size_t bytes) {
  const ServerOptions& options = shared_.options;
  const auto earned = std::chrono::milliseconds(1000 * bytes / options.body_bytes_per_s_min);
  set_deadline(body_began_ + std::min(options.body_deadline, options.body_grace + earned));
}

void Connection::expire() {
  io_.no_longer_waits(*this);
  deadline_ = Clock::time_point::max();
  expired_ = true;
  if (waiter_) {
    count(shared_.counters.replies_late);
    answer_ = busy("no answer in time");
    answer_->close = true;
    resume();
    return;
  }
  stream_.cancel();
}

void Connection::drain() {
  if (!idle_) return;
  stream_.cancel();
}

void Connection::abort() {
  aborted_ = true;
  stream_.close();
  resume();
}

}  // namespace tocsin::net
