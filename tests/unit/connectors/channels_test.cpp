// Every channel writes its golden orders; the texts keep their limits; answers are read by the
// table.

#include <openssl/evp.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "connectors/out/text/mail_words.hpp"
#include "connectors/out/text/page_text.hpp"
#include "connectors/out/webhook/webhook.hpp"
#include "connectors/registry.hpp"
#include "connectors/text/base64.hpp"
#include "connectors/text/rfc3339.hpp"
#include "tests/unit/connectors/golden.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

SendOrder order() {
  SendOrder o;
  o.page = PageId(7), o.attempt = 1, o.epoch = Epoch(3);
  o.key = {0x0123456789abcdef, 0xfedcba9876543210};
  o.incident = IncidentNumber(12), o.person = "bob", o.email = "bob@example.org";
  o.channel = "pager";
  o.channel_settings = {{"directory", "mailbox"},
                        {"from", "tocsin@example.org"},
                        {"url", "https://hooks.example.org/tocsin"},
                        {"secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  o.priority = Priority::P1;
  o.title = "unavailable on db-pay-01: Postgres is down";
  o.ci = "db-pay-01", o.service = "svc-pay", o.category = "database/availability";
  o.group = "team-pay", o.summary = "Postgres is down";
  o.runbook = "https://runbooks.example.org/postgres";
  o.since = Wall{1'773'233'400'000}, o.now = Wall{1'773'233'460'500};
  o.response_due = Wall{1'773'234'300'000};
  o.alerts_firing = 1, o.alerts_total = 2;
  o.link = "https://tocsin.example.org/incidents/INC0000012";
  o.instance_name = "tocsin";
  return o;
}

std::vector<std::pair<std::string, SendOrder>> orders() {
  std::vector<std::pair<std::string, SendOrder>> out;
  const auto add = [&](const char* name, PageKind kind, WhyPage why) -> SendOrder& {
    out.emplace_back(name, order());
    out.back().second.kind = kind, out.back().second.why = why;
    return out.back().second;
  };
  add("page", PageKind::page, WhyPage::step_due);
  add("repeat", PageKind::page, WhyPage::repeat_due).repeat = 2;
  add("inform", PageKind::inform, WhyPage::step_due).priority = Priority::P3;
  add("recall", PageKind::recall, WhyPage::recalled).owner = "alice";
  add("silent", PageKind::inform, WhyPage::monitoring_silent).cycle = 2;
  SendOrder& bare = add("bare", PageKind::page, WhyPage::nobody_to_page);
  bare.person.clear(), bare.email.clear(), bare.service.clear(), bare.ci.clear();
  bare.runbook.clear(), bare.link.clear(), bare.response_due = {};
  SendOrder& foreign = add("foreign", PageKind::page, WhyPage::step_due);
  foreign.title = "größe \xF0\x9F\x94\xA5 überschritten\r\nBcc: eve@example.org";
  foreign.summary = "Speicher voll:\tnichts geht mehr, und zwar seit einer ganzen Weile schon";
  return out;
}

std::string render(const Delivery& d) {
  static constexpr const char* kinds[] = {"http", "file", "print"};
  std::string out = kinds[static_cast<int>(d.kind)];
  out += " " + d.url + d.directory + (d.file_name.empty() ? "" : "/" + d.file_name) + "\n";
  for (const auto& [name, value] : d.headers) out += name + ": " + value + "\n";
  return out + "\n" + d.body + "\n";
}

}  // namespace

TEST_CASE("golden orders of every channel") {
  for (const auto& kind : channel_kinds())
    for (const auto& [name, order] : orders())
      check_golden(
          source_path("connectors/out/" + std::string(kind.name) + "/golden/" + name + ".txt"),
          render(kind.encode(order)));
}

TEST_CASE("a page text has at most 600 characters and keeps what names the incident") {
  SendOrder o = order();
  const std::string fire = "\xF0\x9F\x94\xA5";
  for (std::size_t length : {0, 1, 100, 400, 500, 600, 700, 5000}) {
    for (std::string SendOrder::*field :
         {&SendOrder::title, &SendOrder::summary, &SendOrder::runbook, &SendOrder::link,
          &SendOrder::ci, &SendOrder::service, &SendOrder::owner}) {
      o = order();
      o.*field = "";
      for (std::size_t i = 0; i < length; ++i) o.*field += i % 2 ? fire : "w";
      const std::string text = page_text(o);
      INFO(text);
      CHECK(characters(text) <= page_text_characters);
      CHECK(text.starts_with("P1 INC0000012 "));
      CHECK(text.find("Since 2026-03-11 12:50 UTC") != std::string::npos);
    }
  }
}

TEST_CASE("a mail header cannot be broken out of") {
  CHECK(mail_header_text("plain words") == "plain words");
  CHECK(mail_header_text("a\r\nBcc: x") == "a  Bcc: x");
  CHECK(mail_header_text("ä") == "=?UTF-8?B?w6Q=?=");
  CHECK(mail_header_text("=?UTF-8?Q?x?=").starts_with("=?UTF-8?B?"));
  CHECK(mail_atom("team pay/1") == "team-pay-1");
}

TEST_CASE("base64 and back") {
  for (const char* text : {"", "a", "ab", "abc", "abcd", "\xFF\x00\x80"})
    CHECK(from_base64(to_base64(text)) == std::string(text));
  CHECK(to_base64("Man") == "TWFu");
  CHECK(to_base64("Ma") == "TWE=");
  CHECK_FALSE(from_base64("a"));
  CHECK_FALSE(from_base64("ab!d"));
}

TEST_CASE("the signature is that of the published test vector") {
  // From the reference libraries of Standard Webhooks.
  CHECK(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                          "1614265330", R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(webhook_signature("plain", "a", "1", "{}") != webhook_signature("plain", "b", "1", "{}"));
}

TEST_CASE("the key of a webhook stays over attempts") {
  const auto& kind = *find_channel_kind("webhook");
  SendOrder first = order(), second = order();
  second.attempt = 2, second.epoch = Epoch(4), second.now = Wall{1'773'233'560'500};
  const auto id = [](const Delivery& d, std::string_view name) {
    for (const auto& [key, value] : d.headers)
      if (key == name) return value;
    return std::string();
  };
  const auto a = kind.encode(first), b = kind.encode(second);
  CHECK(id(a, "webhook-id") == "0123456789abcdeffedcba9876543210");
  CHECK(id(a, "webhook-id") == id(b, "webhook-id"));
  CHECK(id(a, "Idempotency-Key") == id(b, "Idempotency-Key"));
  CHECK(id(a, "webhook-signature") != id(b, "webhook-signature"));
  const auto body = boost::json::parse(a.body);
  CHECK(body.at("text").as_string() == page_text(first));
  CHECK(a.body.find("whsec_") == std::string::npos);
}

TEST_CASE("what an answer to a webhook means") {
  const auto read = find_channel_kind("webhook")->read;
  for (int status : {200, 202, 204}) CHECK(read(status, "").outcome == AttemptOutcome::accepted);
  for (int status : {429, 503}) CHECK(read(status, "").outcome == AttemptOutcome::not_sent);
  for (int status : {408, 500, 502, 504})
    CHECK(read(status, "").outcome == AttemptOutcome::unknown);
  for (int status : {301, 302, 400, 401, 403, 404, 405, 410, 413, 415, 422})
    CHECK(read(status, "").outcome == AttemptOutcome::refused);
  CHECK(read(404, "no such\nhook").detail == "HTTP 404: no such hook");
  CHECK(read(500, std::string(5000, 'x')).detail.size() < 200);
}

TEST_CASE("times for people, machines and mail") {
  const Wall at{1'773'233'658'427};
  CHECK(rfc3339_text(at) == "2026-03-11T12:54:18.427Z");
  CHECK(people_text(at) == "2026-03-11 12:54 UTC");
  CHECK(mail_text(at) == "Wed, 11 Mar 2026 12:54:18 +0000");
  for (std::int64_t ms : {-62'135'596'800'000LL, -1LL, 0LL, 951'782'400'000LL, 1'709'164'800'123LL,
                          253'402'300'799'999LL})
    CHECK(parse_rfc3339(rfc3339_text(Wall{ms})) == Wall{ms});
}
