#include <catch2/catch.hpp>
#include <string>

#include "connectors/in/syslog/message.hpp"
#include "connectors/text/rfc3339.hpp"

using namespace tocsin;

namespace {

const SyslogDefaults in_march{*parse_rfc3339("2026-03-11T12:00:00Z"), nullptr};

SyslogMessage read(std::string_view line, const SyslogDefaults& defaults = in_march) {
  SyslogMessage m;
  CHECK(parse_syslog(line, defaults, m) == SyslogError::none);
  return m;
}

// "facility.severity time host program[process] message_id: text", "-" for what is not there.
std::string summary(const SyslogMessage& m) {
  const auto or_dash = [](std::string_view text) { return std::string(text.empty() ? "-" : text); };
  return std::string(syslog_facility_name(m.facility)) + "." +
         std::string(syslog_severity_name(m.severity)) + " " +
         (m.time.ms == 0 ? "-" : rfc3339_text(m.time)) + " " + or_dash(m.host) + " " +
         or_dash(m.program) + "[" + or_dash(m.process) + "] " + or_dash(m.message_id) + ": " +
         or_dash(m.text);
}

struct Row {
  std::string_view line, expected;
};

}  // namespace

TEST_CASE("syslog: RFC 5424") {
  const Row rows[] = {
      {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - 'su root' failed",
       "auth.crit 2003-10-11T22:14:15.003Z mymachine.example.com su[-] ID47: 'su root' failed"},
      {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
       "local4.notice 2003-08-24T12:14:15.000Z 192.0.2.1 myproc[8710] -: %% It's time"},
      {"<0>1 - - - - - -", "kern.emerg - - -[-] -: -"},
      {"<13>1 - - - - - - \xEF\xBB\xBFwith a mark\n", "user.notice - - -[-] -: with a mark"},
      {"<13>1 - h p - - [a x=\"1\"][b] text", "user.notice - h p[-] -: text"},
      {"<13>1 - h p - - [a x=\"1\"]", "user.notice - h p[-] -: -"},
      {"<13>1 not-a-time h p - - text",  // no version of 5424: a text
       "user.notice - - -[-] -: 1 not-a-time h p - - text"},
      {"<13>1 2024-13-01T00:00:00Z h p - - - text", "user.notice - h p[-] -: text"},
      {"1 2003-10-11T22:14:15Z h su - ID47 - no priority",
       "user.notice 2003-10-11T22:14:15.000Z h su[-] ID47: no priority"},
      {"<13>1 disk is full", "user.notice - - -[-] -: 1 disk is full"},
  };
  for (const Row& row : rows) CHECK(summary(read(row.line)) == row.expected);
}

TEST_CASE("syslog: structured data") {
  const auto m = read(R"(<13>1 - h p - - [meta@1 a="x" b="q\"u\\o\]te\n"][two x="2" y=""] t)");
  CHECK(m.structured_data == R"([meta@1 a="x" b="q\"u\\o\]te\n"][two x="2" y=""])");
  CHECK(m.parameter("meta@1", "a") == "x");
  CHECK(m.parameter("meta@1", "b") == "q\"u\\o]te\\n");
  CHECK(m.parameter("two", "x") == "2");
  CHECK(m.parameter("two", "y") == "");
  CHECK_FALSE(m.parameter("meta@1", "x"));
  CHECK_FALSE(m.parameter("three", "x"));
  CHECK(read("<13>1 - h p - - [empty] t").structured_data == "[empty]");
  CHECK(read("<13>1 - h p - - [blank ] t").structured_data == "[blank ]");

  // What does not end where it should is text, and said.
  for (const char* broken :
       {"[a x=\"1\" t", "[a x=1] t", "[a x=\"]\"] t", "[ x=\"1\"] t", "[a x=\"1\"]t",
        "[a x= \"1\"] t", "[a x=\"1\\", "[", "[a", "[a ", "[a x", "[a x=", "[a x=\""}) {
    const std::string line = std::string("<13>1 - h p - - ") + broken;
    const auto b = read(line);
    CHECK(b.flaws == (SyslogMessage::bad_structured_data | SyslogMessage::no_time));
    CHECK(b.structured_data.empty());
    CHECK(std::string_view(broken).starts_with(b.text));
  }
}

TEST_CASE("syslog: RFC 3164, by the letter and as devices send it") {
  const Row rows[] = {
      {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
       "auth.crit 2025-10-11T22:14:15.000Z mymachine su[-] -: 'su root' failed for lonvick on "
       "/dev/pts/8"},
      {"<85>Jan 24 15:50:41 ip-172-31-30-110 sudo[6040]: ec2-user : TTY=pts/0",
       "authpriv.notice 2026-01-24T15:50:41.000Z ip-172-31-30-110 sudo[6040] -: ec2-user : "
       "TTY=pts/0"},
      {"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!",
       "user.notice 2026-02-05T17:32:18.000Z 10.0.0.99 -[-] -: Use the BFG!"},
      {"<30>Jun 23 13:17:42 chronyd[1119]: Selected source 192.168.65.1",
       "daemon.info 2025-06-23T13:17:42.000Z - chronyd[1119] -: Selected source 192.168.65.1"},
      {"<30>Feb 23 13:17:42 chronyd: Selected source",
       "daemon.info 2026-02-23T13:17:42.000Z - chronyd[-] -: Selected source"},
      {"<13>2026-03-07T09:30:45.123+02:00 host daemon: text",
       "user.notice 2026-03-07T07:30:45.123Z host daemon[-] -: text"},
      {"<13>2026-03-07 09:30:45,123 host daemon: text",
       "user.notice 2026-03-07T09:30:45.123Z host daemon[-] -: text"},
      {"Feb 18 16:01:59 serverX -- MARK --",
       "user.notice 2026-02-18T16:01:59.000Z serverX -[-] -: -- MARK --"},
      {"<27>xapi: [error|xen3|15] Connection to master died",
       "daemon.err - - xapi[-] -: [error|xen3|15] Connection to master died"},
      {"<13>myhost sshd[12]: no time", "user.notice - myhost sshd[12] -: no time"},
      {"This is a message!", "user.notice - - -[-] -: This is a message!"},
      {"<14>Feb 28 23:00:05 X4711", "user.info 2026-02-28T23:00:05.000Z X4711 -[-] -: -"},
      {"<167>Mar 7 2008 19:06:53: example tag: text",
       "local4.debug 2008-03-07T19:06:53.000Z example tag[-] -: text"},
      {"<0>1990 Oct 22 10:52:01 TZ-6 scapegoat.dmz.example.org 10.1.2.3 sched[0]: All!",
       "kern.emerg 1990-10-22T10:52:01.000Z scapegoat.dmz.example.org -[-] -: 10.1.2.3 sched[0]: "
       "All!"},
      {"<6>FEB 10 22:18:24 2009  gw [audit] user=x",
       "kern.info 2009-02-10T22:18:24.000Z gw -[-] -: [audit] user=x"},
      {"<13>Wed Mar  4 11:45:20 2026 host app: text",
       "user.notice 2026-03-04T11:45:20.000Z host app[-] -: text"},
      {"<38>Mar  7 19:06:53 h sshd(pam_unix)[12750]: session opened",
       "auth.info 2026-03-07T19:06:53.000Z h sshd(pam_unix)[12750] -: session opened"},
      {"<22>Mar  7 19:06:53 mx postfix/smtpd[9]: connect",
       "mail.info 2026-03-07T19:06:53.000Z mx postfix/smtpd[9] -: connect"},
      {"<166>Mar  4 11:45:20 slot1/host notice mcpd[6760]: 01070417:5: AUDIT",
       "local4.info 2026-03-04T11:45:20.000Z slot1/host mcpd[6760] -: 01070417:5: AUDIT"},
      {"Mar 11 22:14:15 'su root' failed",
       "user.notice 2026-03-11T22:14:15.000Z - -[-] -: 'su "
       "root' failed"},
      {"<45>date=2017-03-06 time=12:53:10 devname=fw",
       "syslog.notice - - -[-] -: date=2017-03-06 time=12:53:10 devname=fw"},
      {"<13>Feb 30 00:00:00 host app: no such day",  // then it is no time, and who knows the host
       "user.notice - - -[-] -: Feb 30 00:00:00 host app: no such day"},
  };
  for (const Row& row : rows) CHECK(summary(read(row.line)) == row.expected);
}

TEST_CASE("syslog: Cisco") {
  const Row rows[] = {
      {"<186>1541800: Feb 27 06:08:59.485: %HARDWARE-2-FAN_ERROR: Fan Failure",
       "local7.crit 2026-02-27T06:08:59.485Z - HARDWARE-2-FAN_ERROR[-] -: %HARDWARE-2-FAN_ERROR: "
       "Fan Failure"},
      {"<187>237: sw-core-1: *Mar  1 18:48:50.483 UTC: %LINK-3-UPDOWN: Interface Gi1/0/1, changed",
       "local7.err 2026-03-01T18:48:50.483Z sw-core-1 LINK-3-UPDOWN[-] -: %LINK-3-UPDOWN: "
       "Interface Gi1/0/1, changed"},
      {"<190>: 2017 Mar 06 09:22:34 CET: %AUTHPRIV-6-SYSTEM_MSG: START",
       "local7.info 2017-03-06T09:22:34.000Z - AUTHPRIV-6-SYSTEM_MSG[-] -: "
       "%AUTHPRIV-6-SYSTEM_MSG: START"},
      {"<166>Mar  4 11:45:20 host-42 : %ASA-3-003164: TCP access denied",
       "local4.info 2026-03-04T11:45:20.000Z host-42 ASA-3-003164[-] -: %ASA-3-003164: TCP access "
       "denied"},
      {"<166>host-42: Mar  4 11:45:20: %SYSMGR-STANDBY-3-SHUTDOWN_START: started",
       "local4.info 2026-03-04T11:45:20.000Z host-42 SYSMGR-STANDBY-3-SHUTDOWN_START[-] -: "
       "%SYSMGR-STANDBY-3-SHUTDOWN_START: started"},
      {"<167>Mar  6 16:57:54 172.20.245.8 %PIX-7-710005: UDP request discarded",
       "local4.debug 2026-03-06T16:57:54.000Z 172.20.245.8 PIX-7-710005[-] -: %PIX-7-710005: UDP "
       "request discarded"},
      {"<189>29: %SYS-5-CONFIG_I: Configured from console",
       "local7.notice - - SYS-5-CONFIG_I[-] -: %SYS-5-CONFIG_I: Configured from console"},
  };
  for (const Row& row : rows) CHECK(summary(read(row.line)) == row.expected);
}

TEST_CASE("syslog: what is missing is said") {
  CHECK(read("<34>Oct 11 22:14:15 h su: t").flaws == 0);
  CHECK(read("Oct 11 22:14:15 h su: t").flaws == SyslogMessage::no_priority);
  CHECK(read("<192>Oct 11 22:14:15 h su: t").flaws == SyslogMessage::no_priority);
  CHECK(read("<999999>x").text == "<999999>x");
  CHECK(read("<34>su: t").flaws == (SyslogMessage::no_time | SyslogMessage::no_host));
  SyslogMessage m;
  for (const char* nothing : {"", "\n", " \t ", "<34>", "<34> \r\n"})
    CHECK(parse_syslog(nothing, in_march, m) == SyslogError::empty);
  CHECK(parse_syslog(std::string(syslog_line_bytes_max + 1, 'x'), in_march, m) ==
        SyslogError::too_long);
}

TEST_CASE("syslog: the year that a line leaves out is the last that is possible") {
  const auto at = [](std::string_view line, std::string_view received) {
    SyslogMessage m;
    (void)parse_syslog(line, {*parse_rfc3339(received), nullptr}, m);
    return rfc3339_text(m.time).substr(0, 10);
  };
  CHECK(at("<13>Dec 31 23:59:59 h a: t", "2026-01-01T00:00:01Z") == "2025-12-31");
  CHECK(at("<13>Jan  1 00:00:01 h a: t", "2025-12-31T23:59:59Z") == "2026-01-01");
  CHECK(at("<13>Jan  2 00:00:01 h a: t", "2025-12-31T23:59:59Z") == "2026-01-02");
  CHECK(at("<13>Jan  3 00:00:01 h a: t", "2025-12-31T23:59:59Z") == "2025-01-03");
  CHECK(at("<13>Feb 29 12:00:00 h a: t", "2025-01-01T00:00:00Z") == "2024-02-29");
}

TEST_CASE("syslog: times without a zone are of the listener's") {
  const Zone berlin{"Europe/Berlin", "", {{0, 3600, "CET"}, {1'774'746'000'000, 7200, "CEST"}}};
  const auto at = [&](std::string_view line) {
    SyslogMessage m;
    (void)parse_syslog(line, {*parse_rfc3339("2026-04-11T12:00:00Z"), &berlin}, m);
    return rfc3339_text(m.time);
  };
  CHECK(at("<13>Mar 11 12:00:00 h a: t") == "2026-03-11T11:00:00.000Z");
  CHECK(at("<13>Apr 11 12:00:00 h a: t") == "2026-04-11T10:00:00.000Z");
  CHECK(at("<13>Apr 11 12:00:00 UTC h a: t") == "2026-04-11T12:00:00.000Z");
  CHECK(at("<13>2026-04-11T12:00:00Z h a: t") == "2026-04-11T12:00:00.000Z");
  CHECK(at("<13>2026-04-11 12:00:00 h a: t") == "2026-04-11T10:00:00.000Z");
}

TEST_CASE("syslog: hostile lines end in a message or a name") {
  SyslogMessage m;
  const std::string pieces[] = {"<34>",
                                "1 ",
                                "- ",
                                "[",
                                "a=\"",
                                "\\",
                                "]",
                                "Oct 11 ",
                                "22:14:15 ",
                                "%A-3-B: ",
                                "x[",
                                ": ",
                                "99999999999999999999",
                                "\0\xFF\xC3",
                                "*",
                                "+99:99",
                                "2026-02-31T"};
  std::uint64_t seed = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string line;
    for (int i = 0; i < 8; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      line += pieces[(seed >> 33) % std::size(pieces)];
    }
    (void)parse_syslog(line, in_march, m);
    if (m.structured_data.empty()) continue;
    (void)m.parameter("a", "a");
  }
}

TEST_CASE("syslog: words of syslog.conf") {
  CHECK(syslog_facility("kern") == 0);
  CHECK(syslog_facility("local7") == 23);
  CHECK(syslog_facility("security") == 4);
  CHECK(syslog_facility("nonsense") == -1);
  CHECK(syslog_severity("emerg") == 0);
  CHECK(syslog_severity("error") == 3);
  CHECK(syslog_severity("debug") == 7);
  CHECK(syslog_severity("loud") == -1);
}
