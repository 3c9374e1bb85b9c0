// Everything a peer can make the server hold or wait for has an end, and the end is an answer.

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "daemon/net/server.hpp"
#include "tests/unit/net/sockets.hpp"

using namespace tocsin;
using namespace tocsin::test;
using std::chrono::milliseconds;
using Time = std::chrono::steady_clock;

namespace {

constexpr std::size_t body_max = 8u << 20;

const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";

struct Running {
  explicit Running(ServerOptions options = {})
      : server(std::move(options), [](HttpRequest&& request, Reply reply) {
          HttpResponse response;
          response.body = "size=" + std::to_string(request.body.size()) + ";" +
                          (request.body.size() < 100 ? request.body : "");
          response.body +=
              request.body.capacity() >= request.body.size() + 64 ? " padded." : " bare.";
          reply(std::move(response));
        }) {
    REQUIRE(server.start().ok);
  }
  Socket connect(std::uint8_t from = 1) { return Socket::connect(server.port(), from); }
  Server server;
};

std::string sized(std::size_t n) {
  return post + "Content-Length: " + std::to_string(n) + "\r\n\r\n";
}

std::string answer_to(Running& run, const std::string& request) {
  Socket client = run.connect();
  client.send(request);
  return client.until("\r\n\r\n").substr(0, 12);
}

}  // namespace

TEST_CASE("a body up to the limit is taken, by length", "[limits]") {
  Running run;
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{40'000}, std::size_t{300'000}, body_max}) {
    Socket client = run.connect();
    client.send(sized(n) + std::string(n, 'b'));
    const std::string all = client.until("padded.");
    CHECK(all.find("size=" + std::to_string(n) + ";") != std::string::npos);
    CHECK(all.find("padded.") != std::string::npos);
  }
}

TEST_CASE("a declared body over the limit is 413 before it is read", "[limits]") {
  Running run;
  Socket client = run.connect();
  client.send(sized(body_max + 1));  // and not a byte of it
  CHECK(client.until("}}\n").find("HTTP/1.1 413 ") == 0);
  CHECK(client.to_end().find("Connection: close") != std::string::npos);
  client.close();
  // A sender that does not listen before it has sent all of it still gets to read why.
  Socket stubborn = run.connect();
  stubborn.send(sized(body_max + 1));
  stubborn.send(std::string(body_max + 1, 'b'));
  CHECK(stubborn.to_end().find("HTTP/1.1 413 ") == 0);
  CHECK(run.server.stats().too_large == 2);
}

TEST_CASE("chunked bodies have the same limit", "[limits]") {
  Running run;
  Socket good = run.connect();
  good.send(
      post +
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n");
  CHECK(good.until("padded.").find("size=7;abcdefg padded.") != std::string::npos);

  const std::string mib(1u << 20, 'c');
  for (const std::size_t extra : {0, 1}) {
    Socket client = run.connect();
    client.send(post + "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 8; ++i) client.send("100000\r\n" + mib + "\r\n");
    if (extra > 0) client.send("1\r\nc\r\n");
    client.send("0\r\n\r\n");
    const std::string all = client.until(extra == 0 ? "padded." : "}}\n");
    if (extra == 0)
      CHECK(all.find("size=8388608;") != std::string::npos);
    else
      CHECK(all.find("HTTP/1.1 413 ") == 0);
  }
}

TEST_CASE("a trailer is no header", "[limits]") {
  Server server({}, [](HttpRequest&& request, Reply reply) {
    HttpResponse response;
    response.body = request.find("Authorization") ? "let in#" : "kept out#";
    reply(std::move(response));
  });
  REQUIRE(server.start().ok);
  Socket client = Socket::connect(server.port());
  client.send(post +
              "Transfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  CHECK(client.until("#").find("kept out#") != std::string::npos);
}

TEST_CASE("a chunked body may arrive byte by byte, also an empty one", "[limits]") {
  // Regression: Beast 1.81 asserts, and ends the process, when the last chunk trickles in.
  Running run;
  for (const std::string body :
       {"0\r\n\r\n", "1\r\nz\r\n0\r\n\r\n", "0\r\nA: b\r\n\r\n", "000\r\n\r\n"}) {
    Socket client = run.connect();
    client.send(post + "Transfer-Encoding: chunked\r\n\r\n");
    for (const char c : body) {
      std::this_thread::sleep_for(milliseconds(2));
      client.send(std::string_view(&c, 1));
    }
    CHECK(client.until("padded.").find("HTTP/1.1 200 OK") == 0);
  }
}

TEST_CASE("a header over its limit is 431", "[limits]") {
  Running run;
  Socket fits = run.connect();
  fits.send("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(15'000, 'h') + "\r\n\r\n");
  CHECK(fits.until("padded.").find("HTTP/1.1 200 OK") == 0);
  CHECK(answer_to(run, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(17'000, 'h') +
                           "\r\n\r\n") == "HTTP/1.1 431");
  CHECK(answer_to(run, "GET /" + std::string(100'000, 'p')) == "HTTP/1.1 431");
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100; ++i) many += "A: b\r\n";
  CHECK(answer_to(run, many + "\r\n") == "HTTP/1.1 431");
}

TEST_CASE("malformed HTTP is 400 and ends the connection", "[limits]") {
  Running run;
  for (const std::string request : {
           "nonsense\r\n\r\n",
           "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
           "GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",  // no Host
           "GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
           "chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
       }) {
    INFO(request);
    Socket client = run.connect();
    client.send(request);
    CHECK(client.to_end().find("HTTP/1.1 400 ") == 0);
  }
  CHECK(run.server.stats().malformed == 10);
  CHECK(run.server.stats().requests == 0);
}

TEST_CASE("encodings and expectations that are not known are refused", "[limits]") {
  Running run;
  CHECK(answer_to(run, post + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx") ==
        "HTTP/1.1 415");
  CHECK(answer_to(run, post + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx") ==
        "HTTP/1.1 200");
  CHECK(answer_to(run, post + "Transfer-Encoding: gzip\r\n\r\n") == "HTTP/1.1 501");
  CHECK(answer_to(run, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") ==
        "HTTP/1.1 501");
  CHECK(answer_to(run, post + "Expect: a miracle\r\nContent-Length: 1\r\n\r\nx") == "HTTP/1.1 417");
}

TEST_CASE("Expect: 100-continue is honoured", "[limits]") {
  Running run;
  Socket client = run.connect();
  client.send(post + "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK(client.until("padded.").find("size=3;abc") != std::string::npos);
  Socket large = run.connect();
  large.send(post + "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n");
  CHECK(large.until("\r\n\r\n").find("HTTP/1.1 413 ") == 0);
}

TEST_CASE("a slow header and a slow body are closed by their deadline", "[limits]") {
  ServerOptions options;
  options.header_deadline = milliseconds(200);
  options.body_deadline = milliseconds(200);
  options.linger = milliseconds(100);
  Running run(options);
  SECTION("nothing at all") {
    Socket client = run.connect();
    const auto start = Time::now();
    CHECK(client.closed_within(2000));
    CHECK(ms_since(start) >= 150);
    CHECK(ms_since(start) < 1000);
  }
  SECTION("header, drop by drop") {
    Socket client = run.connect();
    const auto start = Time::now();
    client.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 50 && ms_since(start) < 2000; ++i) {
      if (!client.send("X: y\r\n")) break;
      std::this_thread::sleep_for(milliseconds(20));
      if (client.closed_within(0)) break;
      if (run.server.stats().open == 0) break;
    }
    CHECK(ms_since(start) < 1000);
    CHECK(client.to_end().find("HTTP/1.1 408 ") == 0);
  }
  SECTION("body, drop by drop") {
    Socket client = run.connect();
    const auto start = Time::now();
    client.send(sized(1000));
    while (ms_since(start) < 2000 && run.server.stats().open == 1 && client.send("b"))
      std::this_thread::sleep_for(milliseconds(20));
    CHECK(ms_since(start) < 1000);
    CHECK(client.to_end().find("HTTP/1.1 408 ") == 0);
  }
  CHECK(eventually([&] { return run.server.stats().open == 0; }));
}

TEST_CASE("an idle connection ends after its own deadline", "[limits]") {
  ServerOptions options;
  options.header_deadline = milliseconds(100);
  options.idle_deadline = milliseconds(400);
  Running run(options);
  Socket client = run.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.until("padded.");
  const auto start = Time::now();
  CHECK(client.closed_within(2000));
  CHECK(ms_since(start) >= 350);
  CHECK(ms_since(start) < 1200);
  CHECK(run.server.stats().too_slow == 0);
}

TEST_CASE("connections over the cap are told 503", "[limits]") {
  ServerOptions options;
  options.connections_max = 2;
  options.linger = milliseconds(200);
  Running run(options);
  Socket a = run.connect();
  Socket b = run.connect();
  REQUIRE(eventually([&] { return run.server.stats().open == 2; }));
  Socket c = run.connect();
  c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string all = c.to_end();
  CHECK(all.find("HTTP/1.1 503 ") == 0);
  CHECK(all.find("Retry-After:") != std::string::npos);
  a.close();
  REQUIRE(eventually([&] { return run.server.stats().open == 1; }));
  CHECK(answer_to(run, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "HTTP/1.1 200");
  CHECK(run.server.stats().refused == 1);
}

TEST_CASE("one address does not take the connections of the others", "[limits]") {
  ServerOptions options;
  options.connections_max = 4;
  options.connections_per_address_max = 2;
  options.linger = milliseconds(200);
  Running run(options);
  Socket a = run.connect();
  Socket b = run.connect();
  REQUIRE(eventually([&] { return run.server.stats().open == 2; }));
  Socket c = run.connect();
  CHECK(c.to_end().find("HTTP/1.1 503 ") == 0);
  Socket d = run.connect(2);
  d.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(d.until("\r\n\r\n").find("HTTP/1.1 200 ") == 0);
  a.close();
  REQUIRE(eventually([&] { return run.server.stats().open == 2; }));
  CHECK(answer_to(run, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "HTTP/1.1 200");
  CHECK(run.server.stats().refused == 1);
}

TEST_CASE("who has half a header makes room for who comes behind, of the same address",
          "[limits]") {
  ServerOptions options;
  options.waiting_per_address_max = 2;
  options.crowded = milliseconds(100);
  options.linger = milliseconds(100);
  Running run(options);
  Socket oldest = run.connect();
  REQUIRE(eventually([&] { return run.server.stats().open == 1; }));
  Socket elsewhere = run.connect(2);
  Socket older = run.connect();
  Socket other = run.connect(2);
  for (Socket* s : {&oldest, &elsewhere, &older, &other}) s->send("GET / HTTP/1.1\r\n");
  REQUIRE(eventually([&] { return run.server.stats().open == 4; }));
  std::this_thread::sleep_for(milliseconds(150));
  CHECK(answer_to(run, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "HTTP/1.1 200");
  CHECK(oldest.to_end().find("HTTP/1.1 408 ") == 0);
  for (Socket* s : {&elsewhere, &older, &other}) {
    s->send("Host: x\r\n\r\n");
    CHECK(s->until("\r\n\r\n").find("HTTP/1.1 200 ") == 0);
  }
  CHECK(run.server.stats().too_slow == 1);
}

TEST_CASE("a body may be slow, but not stall", "[limits]") {
  ServerOptions options;
  options.body_grace = milliseconds(300);
  options.body_bytes_per_s_min = 1000;
  options.linger = milliseconds(100);
  Running run(options);
  SECTION("as fast as is asked, for longer than it may stall") {
    Socket client = run.connect();
    const auto start = Time::now();
    client.send(sized(5000));
    for (int i = 0; i < 50; ++i) {
      client.send(std::string(100, 'b'));
      std::this_thread::sleep_for(milliseconds(10));
    }
    CHECK(client.until("size=5000").find("HTTP/1.1 200 ") == 0);
    CHECK(ms_since(start) > 300);
  }
  SECTION("two bytes, and nothing more") {
    const auto start = Time::now();
    Socket client = run.connect();
    client.send(sized(5000) + "bb");
    CHECK(client.to_end().find("HTTP/1.1 408 ") == 0);
    CHECK(ms_since(start) < 2000);
  }
  SECTION("a chunk, and nothing more") {
    const auto start = Time::now();
    Socket client = run.connect();
    client.send(post + "Transfer-Encoding: chunked\r\n\r\n5\r\nbbbbb\r\n");
    CHECK(client.to_end().find("HTTP/1.1 408 ") == 0);
    CHECK(ms_since(start) < 2000);
  }
}

TEST_CASE("all bodies together have a limit", "[limits]") {
  ServerOptions options;
  options.bodies_bytes_max = 600'000;
  Running run(options);
  const std::string probe = sized(500'000) + std::string(500'000, 'p');
  Socket hog = run.connect();
  hog.send(sized(500'001) + std::string(499'999, 'b'));
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(answer_to(run, probe) == "HTTP/1.1 503");
  CHECK(answer_to(run, sized(3) + "abc") == "HTTP/1.1 200");  // what fits a read needs no share
  hog.close();
  CHECK(eventually([&] { return answer_to(run, probe) == "HTTP/1.1 200"; }));
  CHECK(run.server.stats().shed >= 1);
}

TEST_CASE("who declares a large body and stalls holds a small share", "[limits]") {
  ServerOptions options;
  options.bodies_bytes_max = 1u << 20;
  Running run(options);
  std::vector<Socket> stalled;
  for (int i = 0; i < 200; ++i) {
    stalled.push_back(run.connect());
    stalled.back().send(sized(body_max) + "b");
  }
  std::this_thread::sleep_for(milliseconds(100));
  CHECK(answer_to(run, sized(100'000) + std::string(100'000, 'p')) == "HTTP/1.1 200");
  CHECK(run.server.stats().shed == 0);
}

TEST_CASE("running out of descriptors is survived", "[limits]") {
  Running run;
  Socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  client.connect_to(run.server.port());
  const bool failed = eventually([&] { return run.server.stats().accept_failures > 0; });
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(failed);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.until("padded.").find("HTTP/1.1 200 OK") == 0);
}
