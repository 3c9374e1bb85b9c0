// Administrators are told without a store: by whichever of their channels takes it, and seldom.

#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "config/load.hpp"
#include "daemon/api/last_gasp.hpp"

using namespace tocsin;
using namespace tocsin::api;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr Wall now{1'700'000'000'000};

struct World {
  World() { fs::create_directories(folder); }
  ~World() { fs::remove_all(folder); }

  std::shared_ptr<const Settings> settings(const std::string& more = "") const {
    // Port 9 of this machine is where nobody listens.
    const Loaded loaded = load_text(
        R"(
people:
  - {id: ann, email: ann@example.org, reach: {page: [dead, ann-box]}}
  - {id: bob, email: bob@example.org, reach: {page: [bob-box]}}
  - {id: eve, email: eve@example.org, reach: {page: [dead]}}
channels:
  - {name: dead, kind: webhook, url: "http://127.0.0.1:9/"}
  - {name: ann-box, kind: mailbox, directory: )" +
            folder + R"(/ann, from: t@example.org}
  - {name: bob-box, kind: mailbox, directory: )" +
            folder + R"(/bob, from: t@example.org}
  - {name: last, kind: mailbox, directory: )" +
            folder + R"(/last, from: t@example.org, to: ops@example.org}
catch_all: {people: [bob], channel: last}
)" + more,
        "test.yaml");
    for (const auto& d : loaded.errors) UNSCOPED_INFO(to_text(d));
    REQUIRE(loaded.settings);
    return loaded.settings;
  }
  LastGaspPorts ports() {
    LastGaspPorts out;
    out.log = [](LogLevel, std::string_view, std::string_view) {};
    out.host = "pager-1";
    out.wall_now = [] { return now; };
    out.told_at = [this] { return told; };
    out.told = [this](Wall at) { told = at; };
    return out;
  }
  std::size_t mails(const std::string& box) const {
    if (!fs::exists(folder + "/" + box)) return 0;
    std::size_t n = 0;
    for (const auto& file : fs::directory_iterator(folder + "/" + box))
      n += file.path().extension() == ".eml";
    return n;
  }
  std::string mail(const std::string& box) const {
    for (const auto& file : fs::directory_iterator(folder + "/" + box)) {
      std::ifstream in(file.path());
      return {std::istreambuf_iterator<char>(in), {}};
    }
    return "";
  }

  std::string folder =
      (fs::temp_directory_path() / ("tocsin-gasp-" + std::to_string(getpid()))).string();
  Wall told{};
};

}  // namespace

TEST_CASE("administrators are told by the first of their channels that takes it") {
  World world;
  LastGasp gasp(world.ports());
  gasp.use(world.settings("roles: {administrator: [ann, bob]}"));
  gasp.say("store lost", "cannot open store /s: Corruption");
  REQUIRE(gasp.told_within(10s));
  CHECK(gasp.pages() == 2);
  CHECK(world.mails("ann") == 1);
  CHECK(world.mails("bob") == 1);
  CHECK(world.mails("last") == 0);
  CHECK(world.told == now);
  const std::string mail = world.mail("ann");
  CHECK(mail.find("Subject: [P1] store lost on pager-1") != mail.npos);
  CHECK(mail.find("cannot open store /s: Corruption") != mail.npos);
  CHECK(mail.find("INC0000000 store lost") == mail.npos);
}

TEST_CASE("without the role it is the catch-all, and its channel when no person is reached") {
  World world;
  LastGasp gasp(world.ports());
  SECTION("people") {
    gasp.use(world.settings());
    gasp.say("store lost");
    REQUIRE(gasp.told_within(10s));
    CHECK(world.mails("bob") == 1);
    CHECK(world.mails("last") == 0);
  }
  SECTION("the channel") {
    gasp.use(world.settings("roles: {administrator: [eve]}"));
    gasp.say("store lost");
    REQUIRE(gasp.told_within(10s));
    CHECK(world.mails("last") == 1);
  }
}

TEST_CASE("who was told a minute ago is not told again by the next process") {
  World world;
  world.told = Wall{now.ms - 60'000};
  LastGasp gasp(world.ports());
  gasp.use(world.settings());
  gasp.say("store lost");
  CHECK(gasp.told_within(1s));
  CHECK(gasp.pages() == 0);
  SECTION("but is after five minutes") {
    gasp.say("");
    world.told = Wall{now.ms - 300'000};
    gasp.say("store lost");
    REQUIRE(gasp.told_within(10s));
    CHECK(gasp.pages() == 1);
  }
  SECTION("and at once when the clock went back since") {
    gasp.say("");
    world.told = now + hours(1);
    gasp.say("store lost");
    REQUIRE(gasp.told_within(10s));
    CHECK(gasp.pages() == 1);
  }
}

TEST_CASE("each round has a key of its own, and goes on until it is over") {
  World world;
  std::atomic<std::int64_t> wall{now.ms};
  LastGaspPorts ports = world.ports();
  ports.wall_now = [&wall] { return Wall{wall += 1000}; };
  LastGasp gasp(ports, {Span{20}, Span{20}});
  gasp.use(world.settings());
  gasp.say("store lost");
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (gasp.pages() < 3 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(5ms);
  gasp.say("");
  gasp.stop();
  CHECK(gasp.pages() >= 3);
  CHECK(world.mails("bob") == gasp.pages());  // a file is named by its key
}

TEST_CASE("without settings nobody is known, and nothing waits for an answer") {
  World world;
  LastGasp gasp(world.ports());
  gasp.say("store lost");
  CHECK(gasp.told_within(10s));
  CHECK(gasp.pages() == 0);
}
