#pragma once
// The one way out: a thread that sends HTTP requests and mails with libcurl. Every request that was
// taken is answered exactly once through `done`, also when the client stops. It decides nothing and
// repeats nothing: retrying is the core's, under the same key.
//
// HTTP requests to one server share its connections while they follow each other closely. A request
// that such a connection swallowed as it was closed is `unknown`, never sent again from here.
//
// A mail on its way has a thread of its own. libcurl's SMTP does not keep the promise of its multi
// interface: it blocks from the end of the body to the reply, and for the reply to QUIT, so a mail
// server that takes its time over a message would hold up every webhook.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tocsin {

struct OutboundRequest {
  std::uint64_t id = 0;
  std::string destination;  // whose slots it uses, e.g. the channel's name
  std::string kind;         // of channel: no kind gets all the slots
  std::string url;          // http, https, smtp, smtps; nothing else leaves
  std::string username;     // empty: without
  std::string password;
  int connect_timeout_ms = 5'000;
  int total_timeout_ms = 0;  // 0: 10 s, with smtp 30 s; runs from the start of the transfer
  std::string body;          // smtp: the whole message, head and all

  std::string method = "POST";
  std::vector<std::pair<std::string, std::string>> headers;

  bool smtp = false;
  std::string from;  // bare addresses; one recipient a message
  std::string to;
  // With smtp://. required: no TLS, no mail; optional: if the server offers it.
  enum class Starttls : std::uint8_t { never, optional, required } starttls = Starttls::never;
  std::string ca_file;  // empty: that of the options
};

struct OutboundResult {
  enum class Phase {
    not_sent,  // certainly nothing of the request reached the receiver
    answered,  // `status` is the receiver's own word
    unknown,   // the request may have arrived, its answer did not
  };
  std::uint64_t id = 0;
  Phase phase = Phase::not_sent;
  int status = 0;    // HTTP status, or SMTP reply code (250 only for the message as a whole)
  std::string body;  // what came of it, at most body_bytes_max; smtp: the last reply line
  std::optional<std::int64_t> retry_after_ms;
  std::string error;  // why there is no answer, or why it broke off; for people
};

struct OutboundOptions {
  int transfers_max = 64;  // of which mails_max are kept for mail, and mail gets no more
  int mails_max = 16;
  int transfers_per_destination = 4;
  int transfers_per_kind = 32;  // of HTTP's
  std::size_t queue_max = 4096;
  int queue_timeout_ms = 30'000;  // waited longer for a slot: not_sent
  std::size_t body_bytes_max = 64u << 10;
  bool allow_private =
      true;             // false: private, loopback and link-local addresses are not connected to
  std::string proxy;    // for http and https; empty: none, whatever the environment says
  std::string ca_file;  // empty: the system's
  std::string user_agent = "tocsin";
};

class Outbound {
 public:
  enum class [[nodiscard]] Offer{taken, full};

  // `done` is called on the outbound thread; it must neither block nor throw.
  Outbound(OutboundOptions options, std::function<void(OutboundResult)> done);
  ~Outbound();  // stops

  Offer offer(OutboundRequest request);  // any thread; full also after stop()

  // Starts nothing more, gives transfers under way `grace_ms` to end, answers everything. Blocks.
  void stop(int grace_ms = 0);

  int in_flight() const;  // transfers under way
  int waiting() const;    // taken and not started

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Milliseconds that a Retry-After asks for: seconds, or an HTTP date counted from `date` (the
// answer's own, if it has one) or else from `now`, both in seconds since 1970. Nothing for what is
// neither.
std::optional<std::int64_t> retry_after_ms(const std::string& value, const std::string& date,
                                           std::int64_t now);

}  // namespace tocsin
