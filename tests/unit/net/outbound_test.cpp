// The outbound client against scripted receivers: what it may claim to know of a request.

#include "daemon/net/outbound.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <mutex>

#include "daemon/net/transfer.hpp"
#include "tests/unit/net/sockets.hpp"

using namespace tocsin;
using namespace tocsin::test;
using Phase = OutboundResult::Phase;
using std::chrono::milliseconds;

namespace {

class Sender {
 public:
  explicit Sender(OutboundOptions options = {})
      : out_(options, [this](OutboundResult r) {
          const std::lock_guard lock(mutex_);
          ++answers_;
          results_[r.id] = std::move(r);
        }) {}

  OutboundResult send(OutboundRequest request) {
    request.id = ++id_;
    request.destination = "d";
    REQUIRE(out_.offer(request) == Outbound::Offer::taken);
    REQUIRE(eventually([&] { return has(request.id); }));
    return result(request.id);
  }
  bool has(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return results_.count(id) > 0;
  }
  OutboundResult result(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    return results_.at(id);
  }
  std::size_t answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  Outbound& out() { return out_; }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, OutboundResult> results_;
  std::size_t answers_ = 0;
  std::uint64_t id_ = 1000;
  Outbound out_;
};

OutboundRequest post(const std::string& url) {
  OutboundRequest request;
  request.url = url;
  request.body = "{\"page\":1}";
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "k1"}};
  return request;
}

std::uint16_t closed_port() {
  Listener gone([](Socket) {});
  return gone.port();
}

// Reads a whole request, keeps it, says `answer` and closes.
Listener answering(std::string& seen, const std::string& answer) {
  return Listener([&seen, answer](Socket s) {
    seen = s.until("{\"page\":1}");
    s.send(answer);
  });
}

}  // namespace

TEST_CASE("an answer is an answer, whatever it says", "[outbound]") {
  Sender sender;
  std::string seen;
  SECTION("accepted") {
    Listener to = answering(seen, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok");
    const OutboundResult r = sender.send(post(to.url()));
    CHECK(r.phase == Phase::answered);
    CHECK(r.status == 202);
    CHECK(r.body == "ok");
    CHECK_FALSE(r.retry_after_ms.has_value());
    CHECK(seen.find("POST /x HTTP/1.1\r\n") == 0);
    CHECK(seen.find("Idempotency-Key: k1\r\n") != std::string::npos);
    CHECK(seen.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(seen.find("Expect") == std::string::npos);
  }
  SECTION("busy") {
    Listener to =
        answering(seen, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    const OutboundResult r = sender.send(post(to.url()));
    CHECK(r.status == 429);
    CHECK(r.retry_after_ms == 7000);
  }
  SECTION("busy until a date of its own clock") {
    Listener to =
        answering(seen,
                  "HTTP/1.1 503 No\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                  "retry-after: Sun, 06 Nov 1994 08:51:37 GMT\r\nContent-Length: 0\r\n\r\n");
    CHECK(sender.send(post(to.url())).retry_after_ms == 120'000);
  }
  SECTION("a redirect is not followed") {
    Listener other([](Socket s) { s.until("x"); });
    Listener to = answering(
        seen, "HTTP/1.1 307 T\r\nLocation: " + other.url() + "\r\nContent-Length: 0\r\n\r\n");
    CHECK(sender.send(post(to.url())).status == 307);
    CHECK(other.accepted() == 0);
  }
  SECTION("an answer that never ends is cut, and still one") {
    Listener to([](Socket s) {
      s.until("{\"page\":1}");
      s.send("HTTP/1.1 200 OK\r\n\r\n");
      while (s.send(std::string(10'000, 'y'))) {
      }
    });
    const OutboundResult r = sender.send(post(to.url()));
    CHECK(r.phase == Phase::answered);
    CHECK(r.status == 200);
    CHECK(r.body.size() == 65'536);
  }
  SECTION("100 Continue is not the answer") {
    Listener to = answering(seen, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n");
    CHECK(sender.send(post(to.url())).status == 204);
  }
  SECTION("other methods") {
    Listener to([&](Socket s) {
      seen = s.until("\r\n\r\n");
      s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    OutboundRequest get = post(to.url());
    get.method = "GET";
    get.body.clear();
    get.headers.clear();
    CHECK(sender.send(get).status == 200);
    CHECK(seen.find("GET /x HTTP/1.1\r\n") == 0);
    CHECK(seen.find("Content-") == std::string::npos);
    OutboundRequest put = post(to.url());
    put.method = "PUT";
    CHECK(sender.send(put).status == 200);
    CHECK(seen.find("PUT /x HTTP/1.1\r\n") == 0);
  }
}

TEST_CASE("nothing was sent when nobody was there", "[outbound]") {
  Sender sender;
  const OutboundResult refused =
      sender.send(post("http://127.0.0.1:" + std::to_string(closed_port()) + "/"));
  CHECK(refused.phase == Phase::not_sent);
  CHECK_FALSE(refused.error.empty());
  CHECK(sender.send(post("http://no-such-host.invalid/")).phase == Phase::not_sent);
  // Speaks no TLS: the request itself never left.
  Listener plain([](Socket s) {
    s.until("\n");
    s.send("HTTP/1.1 400 no TLS here\r\n\r\n");
  });
  CHECK(sender.send(post(plain.url("https"))).phase == Phase::not_sent);
}

TEST_CASE("what may not leave is not sent", "[outbound]") {
  Sender sender;
  for (const std::string url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
                                "x", "", "smtp://127.0.0.1/"})
    CHECK(sender.send(post(url)).phase == Phase::not_sent);
  OutboundRequest forged = post("http://127.0.0.1:1/");
  forged.headers = {{"X", "a\r\nY: b"}};
  CHECK(sender.send(forged).error == "a header that is none");
  forged = post("http://127.0.0.1:1/");
  forged.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
  CHECK(sender.send(forged).error == "not an HTTP method");
}

TEST_CASE("private addresses are refused when asked for", "[outbound]") {
  OutboundOptions options;
  options.allow_private = false;
  Sender sender(options);
  Listener to([](Socket s) { s.until("x"); });
  const OutboundResult r = sender.send(post(to.url()));
  CHECK(r.phase == Phase::not_sent);
  CHECK(r.error == "the address is private");
  CHECK(to.accepted() == 0);
}

TEST_CASE("a request without an answer is unknown", "[outbound]") {
  Sender sender;
  SECTION("read and closed") {
    Listener to([](Socket s) { s.until("{\"page\":1}"); });
    const OutboundResult r = sender.send(post(to.url()));
    CHECK(r.phase == Phase::unknown);
    CHECK(to.accepted() == 1);  // and not repeated behind our back
  }
  SECTION("read and reset") {
    Listener to([](Socket s) {
      s.until("{\"page\":1}");
      s.reset();
    });
    CHECK(sender.send(post(to.url())).phase == Phase::unknown);
  }
  SECTION("half a head") {
    Listener to([](Socket s) {
      s.until("{\"page\":1}");
      s.send("HTTP/1.1 200 OK\r\nContent-Le");
    });
    CHECK(sender.send(post(to.url())).phase == Phase::unknown);
  }
  SECTION("timeout") {
    Listener to([](Socket s) { s.to_end(); });
    OutboundRequest request = post(to.url());
    request.total_timeout_ms = 200;
    const auto start = std::chrono::steady_clock::now();
    CHECK(sender.send(request).phase == Phase::unknown);
    CHECK(ms_since(start) < 1500);
  }
  SECTION("a kept connection that closes under a request does not make curl repeat it") {
    std::atomic<int> requests{0};
    Listener to([&](Socket s) {
      const std::string page = "{\"page\":1}";
      if (s.until(page).find(page) == std::string::npos || ++requests > 1) return;
      s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      s.until(page, 2);
      ++requests;
    });
    CHECK(sender.send(post(to.url())).status == 200);
    const OutboundResult r = sender.send(post(to.url()));
    CHECK(r.phase == Phase::unknown);
    CHECK(r.error == "the connection was closed before an answer came");
    CHECK(requests == 2);
  }
}

TEST_CASE("requests that follow each other share a connection", "[outbound]") {
  Sender sender;
  Listener to([](Socket s) {
    for (int n = 1; n <= 3; ++n) {
      s.until("{\"page\":1}", n);
      s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  for (int n = 1; n <= 3; ++n) CHECK(sender.send(post(to.url())).status == 200);
  CHECK(to.accepted() == 1);
}

TEST_CASE("a TLS handshake or a connect that hangs ends in its own time, and nothing was sent",
          "[outbound]") {
  Sender sender;
  Listener silent([](Socket s) { s.to_end(); });
  OutboundRequest request = post(silent.url("https"));
  request.connect_timeout_ms = 200;
  const auto start = std::chrono::steady_clock::now();
  CHECK(sender.send(request).phase == Phase::not_sent);
  CHECK(ms_since(start) < 1500);
}

TEST_CASE("a destination has four slots, and the others go past it", "[outbound]") {
  Sender sender;
  std::atomic<bool> go{false};
  std::atomic<int> now{0}, most{0};
  Listener slow([&](Socket s) {
    s.until("{\"page\":1}");
    const int n = ++now;
    for (int m = most; n > m && !most.compare_exchange_weak(m, n);) {
    }
    eventually([&] { return go.load(); });
    --now;
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Listener fast([](Socket s) {
    s.until("{\"page\":1}");
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  for (std::uint64_t i = 1; i <= 10; ++i) {
    OutboundRequest request = post(slow.url());
    request.id = i;
    request.destination = "slow";
    REQUIRE(sender.out().offer(std::move(request)) == Outbound::Offer::taken);
  }
  REQUIRE(eventually([&] { return now == 4; }));
  CHECK(sender.send(post(fast.url())).status == 200);
  CHECK(sender.out().in_flight() == 4);
  CHECK(sender.out().waiting() == 6);
  CHECK(sender.answers() == 1);
  go = true;
  CHECK(eventually([&] { return sender.answers() == 11; }));
  CHECK(most == 4);
}

TEST_CASE("a kind of channel cannot take all slots", "[outbound]") {
  OutboundOptions options;
  options.transfers_per_kind = 3;
  Sender sender(options);
  std::atomic<bool> go{false};
  std::atomic<int> now{0};
  const auto answer = [](Socket& s) { s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); };
  Listener slow([&](Socket s) {
    s.until("{\"page\":1}");
    ++now;
    eventually([&] { return go.load(); });
    answer(s);
  });
  Listener fast([&](Socket s) {
    s.until("{\"page\":1}");
    answer(s);
  });
  for (std::uint64_t i = 1; i <= 6; ++i) {
    OutboundRequest request = post(slow.url());
    request.id = i;
    request.kind = "slack", request.destination = "room " + std::to_string(i);
    REQUIRE(sender.out().offer(std::move(request)) == Outbound::Offer::taken);
  }
  REQUIRE(eventually([&] { return now == 3; }));
  OutboundRequest other = post(fast.url());
  other.kind = "webhook";
  CHECK(sender.send(std::move(other)).status == 200);
  CHECK(now == 3);
  go = true;
  CHECK(eventually([&] { return sender.answers() == 7; }));
}

TEST_CASE("the queue is bounded in length and in time", "[outbound]") {
  OutboundOptions options;
  options.transfers_max = 1;
  options.queue_max = 2;
  options.queue_timeout_ms = 200;
  Sender sender(options);
  Listener slow([&](Socket s) {
    s.closed_within(2000);
    s.to_end();
  });
  const auto offer = [&](std::uint64_t id) {
    OutboundRequest request = post(slow.url());
    request.id = id;
    request.destination = "d";
    request.total_timeout_ms = 600;
    return sender.out().offer(std::move(request));
  };
  CHECK(offer(1) == Outbound::Offer::taken);
  REQUIRE(eventually([&] { return sender.out().in_flight() == 1; }));
  CHECK(offer(2) == Outbound::Offer::taken);
  CHECK(offer(3) == Outbound::Offer::taken);
  CHECK(offer(4) == Outbound::Offer::full);
  REQUIRE(eventually([&] { return sender.has(3); }));
  CHECK(sender.result(2).phase == Phase::not_sent);
  CHECK(sender.result(2).error == "waited too long for a slot");
  CHECK_FALSE(sender.has(1));
  REQUIRE(eventually([&] { return sender.has(1); }));
  CHECK(sender.result(1).phase == Phase::unknown);
}

TEST_CASE("stop answers everything", "[outbound]") {
  Sender sender;
  std::atomic<int> reading{0};
  Listener silent([&](Socket s) {
    s.until("{\"page\":1}");
    ++reading;
    s.to_end();
  });
  for (std::uint64_t i = 1; i <= 20; ++i) {
    OutboundRequest request = post(silent.url());
    request.id = i;
    request.destination = "d";
    REQUIRE(sender.out().offer(std::move(request)) == Outbound::Offer::taken);
  }
  REQUIRE(eventually([&] { return reading == 4; }));
  const auto start = std::chrono::steady_clock::now();
  SECTION("at once") {
    sender.out().stop();
  }
  SECTION("after a grace") {
    sender.out().stop(100);
  }
  CHECK(ms_since(start) < 1000);
  CHECK(sender.answers() == 20);
  int unknown = 0;
  for (std::uint64_t i = 1; i <= 20; ++i)
    unknown += sender.result(i).phase == Phase::unknown ? 1 : 0;
  CHECK(unknown == 4);
  CHECK(sender.out().offer(post(silent.url())) == Outbound::Offer::full);
}

TEST_CASE("what is under way may end during the grace", "[outbound]") {
  Sender sender;
  Listener slow([](Socket s) {
    s.until("{\"page\":1}");
    std::this_thread::sleep_for(milliseconds(100));
    s.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  OutboundRequest request = post(slow.url());
  request.id = 1;
  REQUIRE(sender.out().offer(std::move(request)) == Outbound::Offer::taken);
  REQUIRE(eventually([&] { return slow.accepted() == 1; }));
  const auto start = std::chrono::steady_clock::now();
  sender.out().stop(3000);
  CHECK(ms_since(start) < 1500);
  CHECK(sender.result(1).status == 200);
}

TEST_CASE("Retry-After in both of its forms", "[outbound]") {
  const std::int64_t now = 784'111'777;  // Sun, 06 Nov 1994 08:49:37 GMT
  CHECK(retry_after_ms("120", "", now) == 120'000);
  CHECK(retry_after_ms("0", "", now) == 0);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:50:07 GMT", "", now) == 30'000);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:50:07 GMT", "Sun, 06 Nov 1994 08:50:00 GMT", now) ==
        7'000);
  CHECK(retry_after_ms("Sun, 06 Nov 1994 08:00:00 GMT", "", now) == 0);
  CHECK(retry_after_ms("99999999999999999999999", "", now) == 7 * 24 * 3'600'000);
  CHECK_FALSE(retry_after_ms("", "", now).has_value());
  CHECK_FALSE(retry_after_ms("soon", "", now).has_value());
  CHECK_FALSE(retry_after_ms("-5", "", now).has_value());
}

TEST_CASE("private addresses", "[outbound]") {
  const auto is_private = [](const char* text) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
      v4.sin_family = AF_INET;
      return net::private_address(reinterpret_cast<const sockaddr&>(v4));
    }
    REQUIRE(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    v6.sin6_family = AF_INET6;
    return net::private_address(reinterpret_cast<const sockaddr&>(v6));
  };
  for (const char* a :
       {"127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"})
    CHECK(is_private(a));
  for (const char* a : {"8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:4860::1", "::ffff:8.8.8.8"})
    CHECK_FALSE(is_private(a));
}
