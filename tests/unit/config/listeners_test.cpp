// Where syslog is heard: what is meant is read, what is wrong is said at its place, all at once.

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

const std::string people = R"(
people: [{id: bob, reach: {page: [pager]}}]
channels: [{name: pager, kind: webhook, url: "https://hooks.example.org/x"}]
)";

Loaded load(const std::string& syslog) {
  return load_text("syslog: " + syslog + people, "t.yaml");
}

}  // namespace

TEST_CASE("listeners for syslog are read, and their text reads back to the same") {
  const auto loaded = load(R"([{udp: ":514", time_zone: Europe/Berlin},
  {udp: "127.0.0.1:5514", clears: true},
  {tcp: "[::1]:601", framing: octet_counting},
  {tls: "0.0.0.0:6514", cert_file: /etc/hostname, key_file: /etc/hostname,
   client_ca_file: /etc/passwd}])");
  INFO(lines(loaded.errors));
  REQUIRE(loaded.settings);
  CHECK(lines(loaded.warnings) == "");
  const auto& list = loaded.body.syslog;
  REQUIRE(list.size() == 4);
  CHECK(list[0] == SyslogListen{"udp", ":514", "detect", false, "Europe/Berlin", "", "", ""});
  CHECK(list[1] == SyslogListen{"udp", "127.0.0.1:5514", "detect", true, "", "", "", ""});
  CHECK(list[2] == SyslogListen{"tcp", "[::1]:601", "octet_counting", false, "", "", "", ""});
  CHECK(list[3] == SyslogListen{"tls", "0.0.0.0:6514", "detect", false, "", "/etc/hostname",
                                "/etc/hostname", "/etc/passwd"});
  CHECK(loaded.settings->zones.count("Europe/Berlin") == 1);
  CHECK(loaded.settings->sources.back() == syslog_source);

  const auto stored = load_stored(loaded.settings->text);
  INFO(lines(stored.errors));
  REQUIRE(stored.settings);
  CHECK(stored.settings->hash == loaded.settings->hash);
  CHECK(stored.body.syslog == list);
}

TEST_CASE("who hears no syslog has no trace of it") {
  const auto loaded = load_text(people, "t.yaml");
  REQUIRE(loaded.settings);
  CHECK(loaded.body.syslog.empty());
  CHECK(loaded.settings->text.find("\nsyslog:") == std::string::npos);
}

TEST_CASE("every mistake about a listener is said in one go") {
  const auto loaded = load(R"(
  - {udp: 514}
  - {tcp: ":601", clears: true, cert_file: /etc/hostname}
  - {udp: ":1514", framing: line_feed}
  - {tls: ":6514", key_file: /nowhere/key.pem}
  - {tcp: ":1601", framing: newline}
  - {upd: ":2514"}
  - {udp: ":3514", tcp: ":3514"}
  - {udp: ":4514", time_zone: Europe/Berln}
  - {tcp: ":601"}
  - 514
)");
  CHECK(lines(loaded.errors) == R"(t.yaml:2:11: udp is host:port, [v6]:port or :port, not '514'
t.yaml:3:27: clears belongs to a listener for udp, not for tcp
t.yaml:3:44: cert_file belongs to a listener for tls, not for tcp
t.yaml:4:29: framing belongs to a listener for tcp or tls, not for udp
t.yaml:5:5: a listener for tls has a cert_file and a key_file
t.yaml:5:30: the file '/nowhere/key.pem' cannot be read
t.yaml:6:29: framing is detect, octet_counting or line_feed, not 'newline'
t.yaml:7:5: a syslog listener is udp, tcp or tls
t.yaml:7:6: unknown key 'upd' in a syslog listener, did you mean 'udp'?
t.yaml:8:25: a syslog listener is one of udp, tcp and tls, not two
t.yaml:9:31: unknown time zone 'Europe/Berln', did you mean 'Europe/Berlin'?
t.yaml:10:11: two syslog listeners have the address :601
t.yaml:11:5: a syslog listener is a map of keys, not a plain value
)");
}

TEST_CASE("what a forged datagram may do is said") {
  CHECK(lines(load(R"([{udp: ":514", clears: true}])").warnings) ==
        "t.yaml:1:16: anybody can forge a datagram: with clears: true whoever reaches :514 can end "
        "an alert\n");
  CHECK(lines(load(R"([{udp: "[::1]:514", clears: true}])").warnings) == "");
}
