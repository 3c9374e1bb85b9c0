// Attempts on their way out: every one is settled once, whatever the channel does.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "daemon/api/sender.hpp"

using namespace tocsin;
using namespace tocsin::api;
namespace fs = std::filesystem;

namespace {

struct Folder {
  std::string path =
      (fs::temp_directory_path() / ("tocsin-sender-" + std::to_string(getpid()))).string();
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string contents(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

class Fixture {
 public:
  Fixture() = default;
  SenderPorts ports() {
    return {[this](SettleAttempt s) {
              const std::lock_guard lock(mutex_);
              settled_.push_back(std::move(s));
              changed_.notify_all();
            },
            [] { return Wall{1'000'000}; },
            [this](OutboundRequest r) {
              const std::lock_guard lock(mutex_);
              requests.push_back(std::move(r));
              return offer;
            },
            [this](RunRequest r) {
              const std::lock_guard lock(mutex_);
              runs.push_back(std::move(r));
              return Runner::Offer::taken;
            },
            terminal};
  }
  std::vector<SettleAttempt> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(5), [&] { return settled_.size() >= count; });
    return settled_;
  }
  SendOrder order(const std::string& kind, Span left = seconds(15)) {
    SendOrder o;
    o.page = PageId(7), o.attempt = 2, o.epoch = Epoch(3), o.key = {1, 2};
    o.deadline = Wall{1'000'000} + left;
    o.channel = "ch", o.channel_kind = kind, o.title = "disk full";
    o.channel_settings = {{"directory", folder.path}, {"url", "http://127.0.0.1:1/x"}};
    o.incident = IncidentNumber(1);
    return o;
  }

  Folder folder;
  std::vector<OutboundRequest> requests;
  std::vector<RunRequest> runs;
  Outbound::Offer offer = Outbound::Offer::taken;
  int terminal = -1;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SettleAttempt> settled_;
};

}  // namespace

TEST_CASE("a file is written whole, and again under the same name") {
  const Folder folder;
  CHECK(write_file_durably(folder.path + "/a/b", "x.eml", "one").outcome ==
        AttemptOutcome::accepted);
  CHECK(write_file_durably(folder.path + "/a/b", "x.eml", "two").outcome ==
        AttemptOutcome::accepted);
  CHECK(contents(folder.path + "/a/b/x.eml") == "two");
  CHECK(std::distance(fs::directory_iterator(folder.path + "/a/b"), {}) == 1);
  for (const char* name : {"../x", "", ".hidden", "a/b"})
    CHECK(write_file_durably(folder.path, name, "x").outcome == AttemptOutcome::not_sent);
  CHECK(write_file_durably("/proc/nosuch", "x", "x").outcome == AttemptOutcome::not_sent);
}

TEST_CASE_METHOD(Fixture, "before a stop nothing new leaves, and what is on its way is settled") {
  Sender sender(ports());
  sender.send({order("webhook")});
  REQUIRE(requests.size() == 1);
  sender.hold();
  sender.send({order("webhook"), order("mailbox")});
  CHECK(requests.size() == 1);
  OutboundResult result;
  result.id = requests[0].id, result.phase = OutboundResult::Phase::answered, result.status = 200;
  sender.http_done(std::move(result));
  CHECK(wait(1).size() == 1);
  sender.stop();
  CHECK(wait(1).size() == 1);
  CHECK(!fs::exists(folder.path));
}

TEST_CASE_METHOD(Fixture, "what is made again leaves behind what was just asked for") {
  Sender sender(ports());
  std::vector<SendOrder> orders{order("webhook"), order("webhook"), order("webhook")};
  const char* const keys[] = {"again", "first", "then"};
  for (std::size_t i = 0; i < orders.size(); ++i) {
    orders[i].attempt = i == 0 ? 2 : 1;
    orders[i].channel = keys[i];
  }
  sender.send(orders);
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].destination == "first");
  CHECK(requests[1].destination == "then");
  CHECK(requests[2].destination == "again");
}

TEST_CASE_METHOD(Fixture, "mailbox and terminal are settled as accepted") {
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  terminal = pipe_ends[1];
  Sender sender(ports());
  sender.send({order("mailbox"), order("terminal")});
  const auto settled = wait(2);
  REQUIRE(settled.size() == 2);
  for (const SettleAttempt& s : settled) {
    CHECK(s.outcome == AttemptOutcome::accepted);
    CHECK(s.page == PageId(7));
    CHECK(s.attempt == 2);
    CHECK(s.epoch == Epoch(3));
  }
  char text[4096];
  const ssize_t n = read(pipe_ends[0], text, sizeof text);
  REQUIRE(n > 0);
  CHECK(std::string(text, static_cast<std::size_t>(n)).find("disk full") != std::string::npos);
  CHECK(std::distance(fs::directory_iterator(folder.path), {}) == 1);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_CASE_METHOD(Fixture, "a terminal that is gone was not sent to") {
  Sender sender(ports());
  sender.send({order("terminal")});
  CHECK(wait(1).at(0).outcome == AttemptOutcome::not_sent);
}

TEST_CASE_METHOD(Fixture, "the answer of a webhook is the channel's to read") {
  Sender sender(ports());
  sender.send({order("webhook"), order("webhook"), order("webhook"), order("webhook")});
  REQUIRE(requests.size() == 4);
  CHECK(requests[0].destination == "ch");
  CHECK(requests[0].total_timeout_ms == 10'000);
  using Phase = OutboundResult::Phase;
  sender.http_done({requests[0].id, Phase::answered, 204, "", {}, ""});
  sender.http_done({requests[1].id, Phase::answered, 503, "", 7000, ""});
  sender.http_done({requests[2].id, Phase::not_sent, 0, "", {}, "refused"});
  sender.http_done({requests[3].id, Phase::unknown, 0, "", {}, "timeout"});
  sender.http_done({requests[3].id, Phase::answered, 204, "", {}, ""});  // twice: ignored
  sender.http_done({999, Phase::answered, 204, "", {}, ""});
  const auto settled = wait(4);
  REQUIRE(settled.size() == 4);
  CHECK(settled[0].outcome == AttemptOutcome::accepted);
  CHECK(settled[1].outcome != AttemptOutcome::accepted);
  CHECK(settled[1].retry_after == seconds(7));
  CHECK(settled[2].outcome == AttemptOutcome::not_sent);
  CHECK(settled[2].detail == "refused");
  CHECK(settled[3].outcome == AttemptOutcome::unknown);
}

TEST_CASE_METHOD(Fixture, "a mail goes to one address, with the time that is left for it") {
  SendOrder mail = order("smtp", seconds(35));
  mail.person = "bob", mail.email = "bob@example.org";
  mail.channel_settings = {{"host", "mail.example.org"},
                           {"from", "t@example.org"},
                           {"username", "u"},
                           {"password", "p"}};
  SendOrder hurried = mail, nowhere = mail;
  hurried.deadline = Wall{1'000'000} + seconds(15);
  nowhere.email.clear();
  Sender sender(ports());
  sender.send({mail, hurried, nowhere});
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].smtp);
  CHECK(requests[0].url == "smtp://mail.example.org:587");
  CHECK(requests[0].starttls == OutboundRequest::Starttls::required);
  CHECK(requests[0].from == "t@example.org");
  CHECK(requests[0].to == "bob@example.org");
  CHECK(requests[0].username == "u");
  CHECK(requests[0].password == "p");
  CHECK(requests[0].total_timeout_ms == 30'000);
  CHECK(requests[1].total_timeout_ms == 10'000);
  auto settled = wait(1);
  REQUIRE(settled.size() == 1);
  CHECK(settled[0].outcome == AttemptOutcome::refused);
  CHECK(settled[0].detail == "bob has no mail address");
  sender.http_done({requests[0].id, OutboundResult::Phase::answered, 250, "250 ok", {}, ""});
  sender.http_done({requests[1].id, OutboundResult::Phase::unknown, 354, "354 go on", {}, "cut"});
  settled = wait(3);
  REQUIRE(settled.size() == 3);
  CHECK(settled[1].outcome == AttemptOutcome::accepted);
  CHECK(settled[2].outcome == AttemptOutcome::unknown);
}

TEST_CASE_METHOD(Fixture, "the logger of this machine gets one datagram") {
  fs::create_directories(folder.path);
  SendOrder line = order("syslog");
  line.channel_settings = {{"path", folder.path + "/log"}};
  Sender sender(ports());
  sender.send({line});
  CHECK(wait(1).at(0).outcome == AttemptOutcome::not_sent);  // nobody listens
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s/log", folder.path.c_str());
  const int logger = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  REQUIRE(bind(logger, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  sender.send({line});
  CHECK(wait(2).at(1).outcome == AttemptOutcome::accepted);
  char text[2048];
  const ssize_t n = recv(logger, text, sizeof text, 0);
  REQUIRE(n > 0);
  const std::string_view said(text, static_cast<std::size_t>(n));
  CHECK(said.starts_with("<24>tocsin: page: P"));
  CHECK(said.find("disk full") != std::string_view::npos);
  CHECK(said.find('\n') == std::string_view::npos);
  // A logger that does not read: said, not waited for.
  for (int i = 0; i < 40; ++i) sender.send({line});
  CHECK(wait(42).back().outcome == AttemptOutcome::not_sent);
  close(logger);
}

TEST_CASE_METHOD(Fixture, "what cannot leave is said at once") {
  offer = Outbound::Offer::full;
  Sender sender(ports());
  sender.send({order("webhook"), order("pigeon"), order("mailbox", milliseconds(-1))});
  const auto settled = wait(3);
  REQUIRE(settled.size() == 3);
  for (const SettleAttempt& s : settled) CHECK(s.outcome == AttemptOutcome::not_sent);
}

TEST_CASE_METHOD(Fixture, "silence is unknown at the deadline; a late yes still counts") {
  Sender sender(ports());
  sender.send({order("webhook", milliseconds(50)), order("webhook", milliseconds(50))});
  auto settled = wait(2);
  REQUIRE(settled.size() == 2);
  CHECK(settled[0].outcome == AttemptOutcome::unknown);
  CHECK(sender.stats().backstop == 2);
  using Phase = OutboundResult::Phase;
  sender.http_done({requests[0].id, Phase::answered, 200, "", {}, ""});
  sender.http_done({requests[1].id, Phase::answered, 500, "", {}, ""});  // late and no: dropped
  settled = wait(3);
  REQUIRE(settled.size() == 3);
  CHECK(settled[2].outcome == AttemptOutcome::accepted);
}

TEST_CASE_METHOD(Fixture,
                 "while the process is stopped no deadline runs: what was answered is heard") {
  std::atomic<std::int64_t> now_ms{1'000};
  std::atomic<int> looks{0};  // at the clock
  SenderPorts with_clock = ports();
  with_clock.now = [&] {
    ++looks;
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ms));
  };
  Sender sender(std::move(with_clock));
  const auto passes = [&](std::int64_t ms) {
    now_ms += ms;
    const int seen = looks;
    while (looks < seen + 2) std::this_thread::yield();  // the second one finds the first one done
  };
  passes(0);
  sender.send({order("webhook", seconds(2)), order("webhook", seconds(2))});
  passes(16'000);
  CHECK(sender.stats().backstop == 0);
  using Phase = OutboundResult::Phase;
  sender.http_done({requests[0].id, Phase::answered, 200, "", {}, ""});
  CHECK(wait(1).at(0).outcome == AttemptOutcome::accepted);
  // The other one has what was left of its two seconds.
  for (int i = 0; i < 2; ++i) passes(900);
  CHECK(sender.stats().backstop == 0);
  passes(900);
  CHECK(sender.stats().backstop == 1);
  CHECK(wait(2).at(1).outcome == AttemptOutcome::unknown);
}

TEST_CASE_METHOD(Fixture, "a program's end is read by its channel") {
  const struct {
    RunResult result;
    AttemptOutcome outcome;
    const char* detail;
  } table[] = {
      {{RunResult::Phase::exited, 0, 0, "sent\n", ""}, AttemptOutcome::accepted, "exit 0: sent"},
      {{RunResult::Phase::exited, 0, 75, "", ""}, AttemptOutcome::not_sent, "exit 75"},
      {{RunResult::Phase::exited, 0, 2, "\x1b[1m\nno\n", ""},
       AttemptOutcome::refused,
       "exit 2:  [1m no"},
      {{RunResult::Phase::unknown, 0, 0, "x", "killed at its timeout"},
       AttemptOutcome::unknown,
       "killed at its timeout"},
      {{RunResult::Phase::cannot_run, 0, 2, "", "no such file"},
       AttemptOutcome::refused,
       "no such file"},
      {{RunResult::Phase::not_run, 0, 0, "", "stopping"}, AttemptOutcome::not_sent, "stopping"},
  };
  Sender sender(ports());
  std::size_t count = 0;
  for (const auto& row : table) {
    SendOrder o = order("exec", seconds(25));
    o.channel_settings = {{"command", "/usr/bin/x"}, {"arguments", "a\nb c"}};
    sender.send({o});
    REQUIRE(runs.size() == ++count);
    const RunRequest& asked = runs.back();
    CHECK(asked.command == "/usr/bin/x");
    CHECK(asked.arguments == std::vector<std::string>{"a", "b c"});
    CHECK(asked.timeout_ms == 20'000);
    RunResult result = row.result;
    result.id = asked.id;
    sender.run_done(std::move(result));
    const auto settled = wait(count);
    REQUIRE(settled.size() == count);
    CHECK(settled.back().outcome == row.outcome);
    CHECK(settled.back().detail == row.detail);
  }
}

TEST_CASE_METHOD(Fixture,
                 "a page that processes died of is refused, so that another channel has it") {
  SenderPorts with = ports();
  with.quarantined = [](const Input& input) {
    return input.kind == InputKind::page && input.number == 2;
  };
  Sender sender(with);
  sender.send({order("webhook")});
  CHECK(requests.empty());
  REQUIRE(wait(1).size() == 1);
  CHECK(wait(1)[0].outcome == AttemptOutcome::refused);
}
