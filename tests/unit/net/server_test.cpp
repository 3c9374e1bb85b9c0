// The server against real sockets: what it answers, in which order, and what it does for a Reply.

#include "daemon/net/server.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/net/sockets.hpp"

using namespace tocsin;
using namespace tocsin::test;
using std::chrono::milliseconds;

namespace {

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

void echo(HttpRequest&& request, Reply reply) {
  HttpResponse response;
  response.body =
      request.method_name + " " + request.target + "?" + request.query + " " + request.body + ";";
  reply(std::move(response));
}

struct Running {
  explicit Running(Server::Handler handler, ServerOptions options = {})
      : server(std::move(options), std::move(handler)) {
    const Listening listening = server.start();
    INFO(listening.error);
    REQUIRE(listening.ok);
  }
  Socket connect() { return Socket::connect(server.port()); }
  Server server;
};

}  // namespace

TEST_CASE("a request arrives whole, with room behind its body", "[server]") {
  HttpRequest seen;
  Running run([&](HttpRequest&& request, Reply reply) {
    seen = std::move(request);
    reply({});
  });
  Socket client = run.connect();
  client.send(
      "POST /hooks/a%20b?x=1&y=?2 HTTP/1.1\r\nHost: here\r\nX-Token: t\r\nContent-Length: "
      "4\r\n\r\nbody");
  REQUIRE(client.until("\r\n\r\n").substr(0, 17) == "HTTP/1.1 200 OK\r\n");
  CHECK(seen.method == HttpMethod::post);
  CHECK(seen.target == "/hooks/a%20b");
  CHECK(seen.query == "x=1&y=?2");
  REQUIRE(seen.find("x-TOKEN") != nullptr);
  CHECK(*seen.find("x-TOKEN") == "t");
  CHECK(seen.find("nothing") == nullptr);
  CHECK(seen.body == "body");
  CHECK(seen.body.capacity() >= seen.body.size() + 64);
  CHECK(std::string(seen.body.data() + 4, 60) == std::string(60, '\0'));
  CHECK(seen.peer == "127.0.0.1");
  CHECK(seen.loopback);
}

TEST_CASE("a connection is kept, and pipelined requests are answered in order", "[server]") {
  // The first is answered last, from another thread: the second may not overtake it.
  std::vector<std::thread> threads;
  Running run([&](HttpRequest&& request, Reply reply) {
    HttpResponse response;
    response.body = "[" + request.target + "]";
    if (request.target != "/1") return reply(std::move(response));
    threads.emplace_back([reply, response] {
      std::this_thread::sleep_for(milliseconds(50));
      reply(response);
    });
  });
  Socket client = run.connect();
  client.send(get("/1") + get("/2") + get("/3"));
  const std::string all = client.until("]", 3);
  CHECK(all.find("[/1]") < all.find("[/2]"));
  CHECK(all.find("[/2]") < all.find("[/3]"));
  CHECK(all.find("Connection: keep-alive") != std::string::npos);
  client.send(get("/4"));
  CHECK(client.until("[/4]").find("[/4]") != std::string::npos);
  CHECK(run.server.stats().accepted == 1);
  CHECK(run.server.stats().requests == 4);
  for (std::thread& t : threads) t.join();
}

TEST_CASE("Connection: close and HTTP/1.0 end the connection", "[server]") {
  Running run(echo);
  for (const std::string request :
       {"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"}) {
    Socket client = run.connect();
    client.send(request);
    const std::string all = client.to_end();
    CHECK(all.find("Connection: close\r\n") != std::string::npos);
    CHECK(all.find("GET /a? ;") != std::string::npos);
  }
}

TEST_CASE("HEAD tells the length and sends no body", "[server]") {
  Running run([](HttpRequest&&, Reply reply) {
    HttpResponse response;
    response.body = "12345";
    reply(std::move(response));
  });
  Socket client = run.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n" + get("/"));
  const std::string all = client.until("12345");
  CHECK(all.find("Content-Length: 5\r\n") != std::string::npos);
  CHECK(all.find("\r\n\r\nHTTP/1.1 200 OK") != std::string::npos);  // nothing between the two heads
}

TEST_CASE("a Reply that dies uncalled answers 500, a second call is ignored", "[server]") {
  Running run([](HttpRequest&& request, Reply reply) {
    if (request.target == "/drop") return;
    if (request.target == "/throw") throw std::runtime_error("handler");
    HttpResponse response;
    response.body = "once;";
    reply(response);
    response.body = "twice;";
    reply(response);
  });
  Socket client = run.connect();
  client.send(get("/drop"));
  CHECK(client.until("}}\n").find("HTTP/1.1 500 ") == 0);
  client.clear();
  client.send(get("/throw"));
  CHECK(client.until("}}\n").find("HTTP/1.1 500 ") == 0);
  client.clear();
  client.send(get("/twice") + get("/twice"));
  const std::string all = client.until("once;", 2);
  CHECK(all.find("twice;") == std::string::npos);
  CHECK(run.server.stats().replies_dropped == 2);
}

TEST_CASE("a Reply for a connection or a server that is gone is harmless", "[server]") {
  std::mutex mutex;
  std::vector<Reply> kept;
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return kept.size();
  };
  {
    Running run([&](HttpRequest&&, Reply reply) {
      const std::lock_guard lock(mutex);
      kept.push_back(std::move(reply));
    });
    Socket gone = run.connect();
    gone.send(get("/"));
    REQUIRE(eventually([&] { return count() == 1; }));
    gone.reset();
    kept[0]({});
    CHECK(eventually([&] { return run.server.stats().open == 0; }));
    Socket left = run.connect();
    left.send(get("/"));
    REQUIRE(eventually([&] { return count() == 2; }));
  }
  kept[1]({});
  kept.clear();
}

TEST_CASE("an answer that does not come in time is 503", "[server]") {
  ServerOptions options;
  options.reply_deadline = milliseconds(100);
  std::mutex mutex;
  Reply kept;
  Running run(
      [&](HttpRequest&&, Reply reply) {
        const std::lock_guard lock(mutex);
        kept = std::move(reply);
      },
      options);
  Socket client = run.connect();
  client.send(get("/"));
  const std::string all = client.until("}}\n");
  CHECK(all.find("HTTP/1.1 503 ") == 0);
  CHECK(all.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(run.server.stats().replies_late == 1);
}

TEST_CASE("a streamed body is pulled piece by piece", "[server]") {
  std::atomic<int> pulled{0};
  Running run([&](HttpRequest&& request, Reply reply) {
    HttpResponse response;
    if (request.target == "/fail") {
      response.more = [](std::string&) -> bool { throw std::runtime_error("more"); };
      return reply(std::move(response));
    }
    response.body = "<";
    response.more = [&, n = 0](std::string& chunk) mutable {
      ++pulled;
      if (n == 3) {  // an empty piece is no end
        ++n;
        return true;
      }
      chunk = std::string(10'000, static_cast<char>('a' + n));
      return ++n <= 5;
    };
    reply(std::move(response));
  });
  Socket client = run.connect();
  client.send(get("/"));
  const std::string all = client.until("0\r\n\r\n");
  CHECK(all.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(all.find("1\r\n<\r\n4e20\r\naaa") != std::string::npos);
  CHECK(std::count(all.begin(), all.end(), 'f') >= 10'000);
  CHECK(pulled == 6);
  client.clear();
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.until("\r\n\r\n").find("chunked") != std::string::npos);
  CHECK(pulled == 6);

  Socket old = run.connect();
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string plain = old.to_end();
  CHECK(plain.find("\r\n\r\n<aaa") != std::string::npos);
  CHECK(plain.find("Connection: close") != std::string::npos);

  Socket cut = run.connect();
  cut.send(get("/fail"));
  CHECK(cut.to_end().find("0\r\n\r\n") == std::string::npos);  // not an end that looks like one
}

TEST_CASE("a streamed body is made on the thread that is meant for it, one piece ahead",
          "[server]") {
  boost::asio::thread_pool readers(1);
  std::atomic<bool> room{true}, strangers{false};
  std::atomic<int> made{0};
  Running run([&](HttpRequest&& request, Reply reply) {
    HttpResponse response;
    const bool fails = request.target == "/fail";
    response.more = [&, fails, n = 0](std::string& chunk) mutable {
      if (fails && n == 2) throw std::bad_alloc();
      if (room && !readers.get_executor().running_in_this_thread()) strangers = true;
      ++made;
      chunk = std::string(100'000, static_cast<char>('a' + n));
      return ++n < 10;
    };
    response.elsewhere = [&](std::function<void()> job) {
      if (room) boost::asio::post(readers, std::move(job));
      return room.load();
    };
    reply(std::move(response));
  });
  const auto whole = [&] {
    Socket client = run.connect();
    client.send(get("/"));
    const std::string all = client.until("\r\n0\r\n\r\n");
    for (const char letter : std::string("abcdefghij"))
      if (std::count(all.begin(), all.end(), letter) < 100'000) return false;
    return true;
  };
  CHECK(whole());
  CHECK(made == 10);
  CHECK_FALSE(strangers);
  room = false;  // the I/O thread does it
  CHECK(whole());
  room = true;
  Socket cut = run.connect();
  cut.send(get("/fail"));
  CHECK(cut.to_end().find("\r\n0\r\n\r\n") == std::string::npos);
  readers.join();
}

TEST_CASE("a streamed body waits for a slow reader, and not for ever", "[server]") {
  ServerOptions options;
  options.write_deadline = milliseconds(200);
  std::atomic<std::size_t> made{0};
  Running run(
      [&](HttpRequest&&, Reply reply) {
        HttpResponse response;
        response.more = [&](std::string& chunk) {
          chunk.assign(1u << 20, 'x');
          made += chunk.size();
          return true;
        };
        reply(std::move(response));
      },
      options);
  Socket client = run.connect();
  client.send(get("/"));
  CHECK(eventually([&] { return run.server.stats().too_slow == 1; }));
  CHECK(made < 32u << 20);  // socket buffers, not the list
  CHECK(eventually([&] { return run.server.stats().open == 0; }));
}

TEST_CASE("no text of a sender can forge a header of the answer", "[server]") {
  Running run([](HttpRequest&&, Reply reply) {
    HttpResponse response;
    response.headers = {{"X-Good", "1"}, {"X-Bad", "a\r\nX-Forged: 1"}, {"Content-Length", "999"}};
    response.body = "end;";
    reply(std::move(response));
  });
  Socket client = run.connect();
  client.send(get("/"));
  const std::string all = client.until("end;");
  CHECK(all.find("X-Good: 1\r\n") != std::string::npos);
  CHECK(all.find("X-Forged") == std::string::npos);
  CHECK(all.find("999") == std::string::npos);
}

TEST_CASE("two I/O threads share the connections", "[server]") {
  ServerOptions options;
  options.io_threads = 2;
  std::mutex mutex;
  std::vector<std::thread::id> ids;
  Running run(
      [&](HttpRequest&&, Reply reply) {
        {
          const std::lock_guard lock(mutex);
          ids.push_back(std::this_thread::get_id());
        }
        reply({});
      },
      options);
  std::vector<Socket> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(run.connect());
  for (Socket& c : clients) c.send(get("/"));
  for (Socket& c : clients) CHECK(c.until("\r\n\r\n").find("200 OK") != std::string::npos);
  const std::lock_guard lock(mutex);
  std::sort(ids.begin(), ids.end());
  CHECK(std::unique(ids.begin(), ids.end()) - ids.begin() == 2);
}

TEST_CASE("drain answers what is in hand and closes the rest", "[server]") {
  std::mutex mutex;
  Reply kept;
  Running run([&](HttpRequest&&, Reply reply) {
    const std::lock_guard lock(mutex);
    kept = std::move(reply);
  });
  Socket idle = run.connect();
  Socket busy = run.connect();
  busy.send(get("/"));
  REQUIRE(
      eventually([&] { return run.server.stats().requests == 1 && run.server.stats().open == 2; }));
  CHECK_FALSE(run.server.drain(milliseconds(20)));
  CHECK(idle.closed_within(1000));
  Socket late(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(eventually([&] {
    Socket s(::socket(AF_INET, SOCK_STREAM, 0));
    return !s.connect_to(run.server.port());
  }));
  HttpResponse response;
  response.body = "last;";
  {
    const std::lock_guard lock(mutex);
    kept(std::move(response));
  }
  const std::string all = busy.to_end();
  CHECK(all.find("last;") != std::string::npos);
  CHECK(all.find("Connection: close") != std::string::npos);
  busy.close();
  CHECK(run.server.drain(milliseconds(3000)));
}

TEST_CASE("a taken port is refused by name", "[server]") {
  Running run(echo);
  ServerOptions options;
  options.port = run.server.port();
  Server second(options, echo);
  const Listening listening = second.start();
  CHECK_FALSE(listening.ok);
  CHECK(listening.error ==
        "cannot listen on 127.0.0.1:" + std::to_string(options.port) + ": Address already in use");
  options.address = "not.an.address";
  Server third(options, echo);
  CHECK(third.start().error.find("not an IP address") != std::string::npos);
}
