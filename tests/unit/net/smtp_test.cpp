// Mail through a scripted SMTP server: which reply means what.

#include <catch2/catch.hpp>
#include <mutex>
#include <vector>

#include "daemon/net/outbound.hpp"
#include "daemon/net/transfer.hpp"
#include "tests/unit/net/sockets.hpp"

using namespace tocsin;
using namespace tocsin::test;
using Phase = OutboundResult::Phase;

namespace {

// Replies by command; an empty reply closes the connection, "hang" stays silent.
struct Script {
  std::string greeting = "220 here\r\n";
  std::string ehlo = "250-here\r\n250 8BITMIME\r\n";
  std::string mail = "250 ok\r\n";
  std::string rcpt = "250 ok\r\n";
  std::string data = "354 go\r\n";
  std::string body = "250 2.0.0 queued as 77\r\n";
};

struct Post {
  explicit Post(Script s)
      : script(std::move(s)), server([this](Socket socket) { talk(std::move(socket)); }) {}

  bool say(Socket& s, const std::string& reply) {
    if (reply == "hang") s.to_end();
    return !reply.empty() && reply != "hang" && s.send(reply);
  }

  void talk(Socket s) {
    if (!say(s, script.greeting)) return;
    for (;;) {
      s.clear();
      const std::string line = s.until("\r\n");
      if (line.empty()) return;
      const std::string verb = line.substr(0, 4);
      const std::string& reply = verb == "EHLO" || verb == "HELO" ? script.ehlo
                                 : verb == "MAIL"                 ? script.mail
                                 : verb == "RCPT"                 ? script.rcpt
                                 : verb == "DATA"                 ? script.data
                                                                  : quit;
      {
        const std::lock_guard lock(mutex);
        commands += line;
      }
      if (!say(s, reply)) return;
      if (verb != "DATA" || reply[0] != '3') continue;
      s.clear();
      const std::string message = s.until("\r\n.\r\n");
      {
        const std::lock_guard lock(mutex);
        mail = message;
        ++mails;
      }
      if (!say(s, script.body)) return;
    }
  }

  OutboundRequest mail_to_anna() {
    OutboundRequest request;
    request.id = 1;
    request.smtp = true;
    request.url = "smtp://127.0.0.1:" + std::to_string(server.port());
    request.from = "tocsin@example.org";
    request.to = "anna@example.org";
    request.total_timeout_ms = 400;
    request.body = "Subject: P1\nMessage-ID: <k@h>\r\n\r\nline\n.\n..dots\nend\n";
    return request;
  }
  OutboundResult deliver() { return run(mail_to_anna()); }
  static OutboundResult run(OutboundRequest request) {
    std::atomic<bool> ready{false};
    OutboundResult result;
    Outbound out({}, [&](OutboundResult r) {
      result = std::move(r);
      ready = true;
    });
    REQUIRE(out.offer(std::move(request)) == Outbound::Offer::taken);
    REQUIRE(eventually([&] { return ready.load(); }));
    out.stop();
    return result;
  }

  Script script;
  std::string quit = "221 bye\r\n";
  std::mutex mutex;
  int mails = 0;  // whose bodies came whole
  std::string commands, mail;
  Listener server;
};

}  // namespace

TEST_CASE("a mail is accepted with the reply to its body", "[smtp]") {
  Post post({});
  const OutboundResult r = post.deliver();
  CHECK(r.phase == Phase::answered);
  CHECK(r.status == 250);
  CHECK(r.body == "250 2.0.0 queued as 77");
  const std::lock_guard lock(post.mutex);
  CHECK(post.commands.find("MAIL FROM:<tocsin@example.org>") != std::string::npos);
  CHECK(post.commands.find("RCPT TO:<anna@example.org>\r\n") != std::string::npos);
  CHECK(post.mail ==
        "Subject: P1\r\nMessage-ID: <k@h>\r\n\r\nline\r\n..\r\n...dots\r\nend\r\n.\r\n");
}

TEST_CASE("what a mail server says, and when it goes away", "[smtp]") {
  struct Row {
    const char* name;
    std::string Script::*where;
    std::string reply;
    Phase phase;
    int status;
  };
  const Row rows[] = {
      {"greeting refused", &Script::greeting, "554 no\r\n", Phase::answered, 554},
      {"closed at once", &Script::greeting, "", Phase::not_sent, 0},
      {"silent greeting", &Script::greeting, "hang", Phase::not_sent, 0},
      {"EHLO refused", &Script::ehlo, "421 busy\r\n", Phase::answered, 421},
      {"sender refused", &Script::mail, "550 5.7.1 not you\r\n", Phase::answered, 550},
      {"greylisted", &Script::rcpt, "451 4.7.1 later\r\n", Phase::answered, 451},
      {"unknown user", &Script::rcpt, "550 5.1.1 who\r\n", Phase::answered, 550},
      {"gone at RCPT", &Script::rcpt, "", Phase::not_sent, 0},
      {"silent at RCPT", &Script::rcpt, "hang", Phase::not_sent, 0},
      {"DATA refused", &Script::data, "452 full\r\n", Phase::answered, 452},
      {"gone at DATA", &Script::data, "", Phase::not_sent, 0},
      {"body refused", &Script::body, "554 5.6.0 spam\r\n", Phase::answered, 554},
      {"body deferred", &Script::body, "450 4.3.2 later\r\n", Phase::answered, 450},
      {"gone after the body", &Script::body, "", Phase::unknown, 0},
      {"silent after the body", &Script::body, "hang", Phase::unknown, 0},
  };
  for (const Row& row : rows) {
    INFO(row.name);
    Script script;
    script.*row.where = row.reply;
    Post post(script);
    const OutboundResult r = post.deliver();
    INFO(r.error);
    CHECK(r.phase == row.phase);
    CHECK(r.status == row.status);
  }
}

TEST_CASE("a mail server that takes its time holds up nobody else", "[smtp]") {
  // Regression: libcurl blocks for the reply to the body and to QUIT, also in its multi interface.
  Script script;
  script.body = "hang";
  Post silent(script);
  Listener hook([](Socket s) {
    s.until("\r\n\r\n");
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  std::mutex mutex;
  std::vector<OutboundResult> results;
  Outbound out({}, [&](OutboundResult r) {
    const std::lock_guard lock(mutex);
    results.push_back(std::move(r));
  });
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return results.size();
  };
  for (std::uint64_t id = 1; id <= 3; ++id) {
    OutboundRequest mail = silent.mail_to_anna();
    mail.id = id;
    mail.total_timeout_ms = 3000;
    REQUIRE(out.offer(std::move(mail)) == Outbound::Offer::taken);
  }
  REQUIRE(eventually([&] {
    const std::lock_guard lock(silent.mutex);
    return silent.mails == 3;
  }));
  OutboundRequest request;
  request.id = 9;
  request.url = hook.url();
  REQUIRE(out.offer(std::move(request)) == Outbound::Offer::taken);
  REQUIRE(eventually([&] { return count() > 0; }));
  {
    const std::lock_guard lock(mutex);
    REQUIRE(results.size() == 1);
    CHECK(results[0].id == 9);
    CHECK(results[0].status == 200);
  }
  const auto start = std::chrono::steady_clock::now();
  SECTION("and ends in its time") {
    REQUIRE(eventually([&] { return count() == 4; }));
    CHECK(ms_since(start) < 5000);
  }
  SECTION("and does not delay the stop") {
    out.stop();
    CHECK(ms_since(start) < 2000);
  }
  REQUIRE(count() == 4);
  for (const OutboundResult& r : results)
    if (r.id != 9) CHECK(r.phase == Phase::unknown);
}

TEST_CASE("gone in the middle of the body is unknown", "[smtp]") {
  Listener server([](Socket s) {
    s.send("220 here\r\n");
    for (const char* reply : {"250 here\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"}) {
      s.clear();
      s.until("\r\n");
      s.send(reply);
    }
    s.clear();
    s.until("Subject");
    s.reset();
  });
  OutboundRequest request;
  request.smtp = true;
  request.url = "smtp://127.0.0.1:" + std::to_string(server.port());
  request.from = request.to = "a@example.org";
  request.body = "Subject: long\r\n\r\n" + std::string(8'000'000, 'm');
  CHECK(Post::run(std::move(request)).phase == Phase::unknown);
}

TEST_CASE("no TLS where TLS was asked for, no mail", "[smtp]") {
  Post post({});
  OutboundRequest request;
  request.smtp = true;
  request.starttls = OutboundRequest::Starttls::required;
  request.url = "smtp://127.0.0.1:" + std::to_string(post.server.port());
  request.from = request.to = "a@example.org";
  const OutboundResult r = Post::run(std::move(request));
  CHECK(r.phase == Phase::not_sent);
  const std::lock_guard lock(post.mutex);
  CHECK(post.commands.find("MAIL") == std::string::npos);
}

TEST_CASE("TLS only if the server has it: the mail goes without", "[smtp]") {
  Post post({});
  OutboundRequest request = post.mail_to_anna();
  request.starttls = OutboundRequest::Starttls::optional;
  const OutboundResult r = Post::run(std::move(request));
  CHECK(r.phase == Phase::answered);
  CHECK(r.status == 250);
  const std::lock_guard lock(post.mutex);
  CHECK(post.commands.find("STARTTLS") == std::string::npos);
}

TEST_CASE("a server that offers TLS and fails at it gets no mail", "[smtp]") {
  Script script;
  script.ehlo = "250-here\r\n250 STARTTLS\r\n";
  Post post(script);
  post.quit = "220 go ahead\r\n";  // and then it speaks no TLS
  for (const auto starttls :
       {OutboundRequest::Starttls::optional, OutboundRequest::Starttls::required}) {
    OutboundRequest request = post.mail_to_anna();
    request.starttls = starttls;
    CHECK(Post::run(std::move(request)).phase == Phase::not_sent);
    const std::lock_guard lock(post.mutex);
    CHECK(post.commands.find("STARTTLS") != std::string::npos);
    CHECK(post.commands.find("MAIL") == std::string::npos);
  }
}

TEST_CASE("an address cannot carry a command", "[smtp]") {
  Post post({});
  for (const std::string to : {"a@b>\r\nRCPT TO:<c@d", "a@b\r\nDATA", "a b@c", "nobody", ""}) {
    OutboundRequest request;
    request.smtp = true;
    request.url = "smtp://127.0.0.1:" + std::to_string(post.server.port());
    request.from = "a@example.org";
    request.to = to;
    CHECK(Post::run(std::move(request)).error == "not a mail address");
  }
  CHECK(post.server.accepted() == 0);
}

TEST_CASE("line ends of a message", "[smtp]") {
  CHECK(net::with_crlf("a\nb\r\nc\rd") == "a\r\nb\r\nc\r\nd");
  CHECK(net::with_crlf("\n\n\r\r\n") == "\r\n\r\n\r\n\r\n");
  CHECK(net::with_crlf("") == "");
}
