// A body that is sent piece by piece: made here or elsewhere, never more than two pieces in memory.

#include <utility>

#include "daemon/net/connection.hpp"

namespace tocsin::net {
namespace {

constexpr std::size_t stream_piece = 16u << 10;
// Of what another thread makes: so large that handing it over costs little beside making it.
constexpr std::size_t piece_from_elsewhere = 256u << 10;

// Appends pieces until there are `enough` bytes, or one is empty; false when it was the last.
bool fill(HttpResponse& response, std::string& out, std::size_t enough) {
  std::string piece;
  for (;;) {
    piece.clear();
    const bool more = response.more(piece);
    out += piece;
    if (!more || piece.empty() || out.size() >= enough) return more;
  }
}

}  // namespace

// Its answer is the next piece; one that closes is the last.
void Connection::order_piece(const std::shared_ptr<HttpResponse>& response) {
  ++serial_;
  answer_.reset();
  const auto make = [response, reply = make_reply()](std::size_t enough) {
    HttpResponse piece;
    try {
      piece.close = !fill(*response, piece.body, enough);
    } catch (const std::exception&) {
      piece.status = 500;  // out of memory: this connection ends, the others go on
    }
    reply(std::move(piece));
  };
  if (!response->elsewhere || !response->elsewhere([make] { make(piece_from_elsewhere); }))
    make(stream_piece);
}

// Behind the head in out_: `body`, then what `more` gives.
Connection::Task<bool> Connection::stream(HttpResponse& head, BodyForm form) {
  const Clock::time_point end = Clock::now() + shared_.options.stream_deadline;
  const auto response = std::make_shared<HttpResponse>(std::move(head));
  const auto append = [&](const std::string& piece) {
    if (form == BodyForm::chunked)
      write_chunk(out_, piece);
    else
      out_ += piece;
  };
  append(response->body);
  const bool ahead = response->elsewhere != nullptr;
  if (ahead) order_piece(response);
  for (bool more = true; more;) {
    if (!ahead) order_piece(response);
    set_deadline(shared_.options.reply_deadline);
    co_await wait_for_answer();  // through the mailbox, so that no reader keeps the thread to
                                 // itself
    if (!answer_ || answer_->status != 200) co_return false;
    const HttpResponse piece = *std::exchange(answer_, std::nullopt);
    more = !piece.close;
    append(piece.body);
    if (more && ahead) order_piece(response);
    if (!more && form == BodyForm::chunked) write_last_chunk(out_);
    if (Clock::now() > end) co_return false;
    const bool written = co_await write(boost::asio::buffer(out_));
    if (!written) co_return false;
    out_.clear();
  }
  co_return true;
}

}  // namespace tocsin::net
