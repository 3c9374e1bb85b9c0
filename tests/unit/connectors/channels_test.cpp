// Every channel writes its golden orders; the texts keep their limits; answers are read by the
// table.

#include <openssl/evp.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "connectors/out/text/mail_words.hpp"
#include "connectors/out/text/page_text.hpp"
#include "connectors/out/text/template.hpp"
#include "connectors/out/webhook/webhook.hpp"
#include "connectors/registry.hpp"
#include "connectors/text/base64.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"
#include "tests/unit/connectors/golden.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

std::shared_ptr<const Zone> berlin() {
  auto zone = std::make_shared<Zone>();
  zone->name = "Europe/Berlin";
  zone->periods = {{0, 3600, "CET"}, {1'774'746'000'000, 7200, "CEST"}};  // 2026-03-29 01:00 UTC
  return zone;
}

SendOrder order() {
  SendOrder o;
  o.page = PageId(7), o.attempt = 1, o.epoch = Epoch(3);
  o.key = {0x0123456789abcdef, 0xfedcba9876543210};
  o.incident = IncidentNumber(12), o.person = "bob", o.email = "bob@example.org";
  o.channel = "pager";
  o.channel_settings = {{"directory", "mailbox"},
                        {"from", "tocsin@example.org"},
                        {"url", "https://hooks.example.org/tocsin"},
                        {"host", "mail.example.org"},
                        {"path", "/run/log.sock"},
                        {"secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  o.impact = "mission critical, 12000 users", o.zone = berlin();
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
  bare.impact.clear(), bare.zone.reset(), bare.channel_settings["to"] = "ops@example.org";
  SendOrder& owner = add("prompt", PageKind::notice, WhyPage::restored_prompt);
  owner.owner = "bob", owner.since = Wall{1'773'160'000'000};
  SendOrder& hostile = add("hostile", PageKind::page, WhyPage::step_due);
  hostile.title = "<script>alert(1)</script> & <!here> \"quoted\" </h1>";
  hostile.summary = "--=_tocsin_parts\r\n.\r\nFrom eve\r\n=41 {{link}}";
  hostile.runbook = "javascript:alert(1)", hostile.link = "https://x.example.org/\" onclick=x";
  SendOrder& foreign = add("foreign", PageKind::page, WhyPage::step_due);
  foreign.title = "größe \xF0\x9F\x94\xA5 überschritten\r\nBcc: eve@example.org";
  foreign.summary = "Speicher voll:\tnichts geht mehr, und zwar seit einer ganzen Weile schon";
  SendOrder& known = add("known", PageKind::page, WhyPage::step_due);
  known.known_error = "KE0000001", known.workaround = "rotate /var/log, run clean-log";
  SendOrder& restricted = add("restricted", PageKind::page, WhyPage::step_due);
  restricted.restricted = true, restricted.title = "restricted incident";
  for (std::string SendOrder::*word :
       {&SendOrder::ci, &SendOrder::service, &SendOrder::category, &SendOrder::impact,
        &SendOrder::group, &SendOrder::summary, &SendOrder::runbook})
    (restricted.*word).clear();
  restricted.since = restricted.response_due = {};
  restricted.alerts_firing = restricted.alerts_total = 0;
  return out;
}

std::string render(const Delivery& d) {
  static constexpr const char* kinds[] = {"http",     "mail", "file", "print",
                                          "datagram", "run",  "none"};
  std::string out = kinds[static_cast<int>(d.kind)];
  out += " " + d.url + d.directory + (d.file_name.empty() ? "" : "/" + d.file_name) + "\n";
  for (const auto& [name, value] : d.headers) out += name + ": " + value + "\n";
  for (const std::string& argument : d.arguments) out += "argument " + argument + "\n";
  for (const std::string& variable : d.environment) out += variable + "\n";
  const Envelope& e = d.envelope;
  if (d.kind == Delivery::Kind::mail) out += "from " + e.from + " to " + e.to + "\n";
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
          &SendOrder::ci, &SendOrder::service, &SendOrder::owner, &SendOrder::workaround}) {
      o = order();
      if (field == &SendOrder::workaround) o.known_error = "KE1";
      o.*field = "";
      for (std::size_t i = 0; i < length; ++i) o.*field += i % 2 ? fire : "w";
      const std::string text = page_text(o);
      INFO(text);
      CHECK(characters(text) <= page_text_characters);
      CHECK(text.starts_with("P1 INC0000012 "));
      CHECK(text.find("Since 13:50 CET") != std::string::npos);
    }
  }
}

TEST_CASE("a mail header cannot be broken out of") {
  CHECK(mail_header_text("plain words") == "plain words");
  CHECK(mail_header_text("a\r\nBcc: x") == "a  Bcc: x");
  CHECK(mail_header_text("ä") == "=?UTF-8?B?w6Q=?=");
  CHECK(mail_header_text("=?UTF-8?Q?x?=").starts_with("=?UTF-8?B?"));
  CHECK(mail_atom("team pay/1") == "team-pay-1");
  CHECK(mail_phrase("Tocsin 2") == "Tocsin 2");
  CHECK(mail_phrase("a, \"b\" <c>") == "\"a, \\\"b\\\" <c>\"");
  CHECK(mail_phrase("ä") == "=?UTF-8?B?w6Q=?=");
  CHECK(mail_address("a@b\r\n> ,c") == "a@bc");
  for (const char* good : {"a@b", "a.b+c@example.org", "\xC3\xA4@example.org"})
    CHECK(is_mail_address(good));
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b>", "a@b\r\n", "a@[1]"})
    CHECK_FALSE(is_mail_address(bad));
}

TEST_CASE("a text that is too long goes down the ladder") {
  SendOrder o = order();
  o.title = std::string(200, 't'), o.summary = std::string(200, 's');
  const std::string whole = page_text(o);
  CHECK(page_text_within(o, 600) == whole);
  std::size_t before = whole.size() + 1;
  for (std::size_t bytes = 600; bytes >= 140; bytes -= 20) {
    const std::string text = page_text_within(o, bytes);
    INFO(text);
    CHECK(text.size() <= bytes);
    CHECK(text.size() <= before);
    CHECK(text.starts_with("P1 INC0000012 t"));
    const bool link = text.find("https://tocsin") != std::string::npos;
    CHECK(link ==
          (text.find("https://tocsin.example.org/incidents/INC0000012") != std::string::npos));
    before = text.size();
  }
  CHECK(page_text_within(o, 140) == short_text(o));
  CHECK(short_text(o).size() == 140);
  CHECK(short_text(o).ends_with("..."));
  o.title = "größe";
  CHECK(short_text(o) == "P1 INC0000012 größe");
}

TEST_CASE("times are those of the reader, with their zone, and the day when it is another") {
  SendOrder o = order();
  CHECK(page_text(o).find("Since 13:50 CET\n") != std::string::npos);
  CHECK(page_text(o).find("Respond by 14:05 CET\n") != std::string::npos);
  o.since = Wall{1'773'160'000'000};
  CHECK(page_text(o).find("Since 2026-03-10 17:26 CET\n") != std::string::npos);
  o.zone.reset();
  CHECK(page_text(o).find("Since 2026-03-10 16:26 UTC\n") != std::string::npos);
  const auto zone = berlin();
  CHECK(people_text(Wall{1'774'745'999'999}, zone.get()) == "2026-03-29 01:59 CET");
  CHECK(people_text(Wall{1'774'746'000'000}, zone.get()) == "2026-03-29 03:00 CEST");
}

TEST_CASE("foreign text in a sentence controls neither the terminal nor its direction") {
  CHECK(printable("a\x1B[31m\nb\x7F", 80) == "a [31m b ");
  CHECK(printable("a\xC2\x9B"
                  "2J",
                  80) == "a 2J");  // U+009B, CSI in one character
  CHECK(printable("a\xE2\x80\xAE"
                  "b\xE2\x81\xA7"
                  "c",
                  80) == "a b c");  // U+202E, U+2067
  CHECK(printable("a\xE2\x80\xA8"
                  "b",
                  80) == "a b");  // U+2028, another line
  CHECK(printable("\xC2\xA0\xE2\x80\x93\xE2\x81\xAA", 80) == "\xC2\xA0\xE2\x80\x93\xE2\x81\xAA");
  CHECK(printable("\xC2\x85\xC2\x85", 3) == " ...");
}

TEST_CASE("quoted-printable: any server passes it on, and it reads back") {
  CHECK(quoted_printable("plain = words\n") == "plain =3D words\r\n");
  CHECK(quoted_printable("ä") == "=C3=A4\r\n");
  CHECK(quoted_printable(".\nFrom x \n") == "=2E\r\n=46rom x=20\r\n");
  const std::string lines = quoted_printable(std::string(500, '\xE4') + std::string(500, 'x'));
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = lines.find("\r\n", at);
    REQUIRE(end != std::string::npos);
    CHECK(end - at <= 76);
    at = end + 2;
  }
}

TEST_CASE("a mail is addressed to one, by their address or that of the channel") {
  const auto& kind = *find_channel_kind("smtp");
  SendOrder o = order();
  CHECK(kind.encode(o).url == "smtp://mail.example.org:587");
  CHECK(kind.encode(o).envelope.starttls == Envelope::Tls::required);
  CHECK(kind.encode(o).envelope.to == "bob@example.org");
  o.channel_settings["tls"] = "true";
  CHECK(kind.encode(o).url == "smtps://mail.example.org:465");
  o.channel_settings["port"] = "2525", o.channel_settings["host"] = "::1";
  CHECK(kind.encode(o).url == "smtps://[::1]:2525");
  o.email.clear();
  CHECK(kind.encode(o).kind == Delivery::Kind::none);
  CHECK(kind.encode(o).body == "bob has no mail address");
  o.person.clear(), o.channel_settings["to"] = "ops@example.org";
  CHECK(kind.encode(o).envelope.to == "ops@example.org");
}

TEST_CASE("a foreign word begins no header, whatever stands in an address") {
  SendOrder o = order();
  o.email = "bob@example.org\r\nBcc: eve@example.org";
  o.instance_name = "a\r\nBcc: eve@example.org";
  o.title = "t\r\nBcc: eve@example.org";
  o.channel_settings["from"] = "t@example.org\r\nBcc: eve@example.org";
  const std::string mail = find_channel_kind("smtp")->encode(o).body;
  CHECK(mail.substr(0, mail.find("\r\n\r\n")).find("\r\nBcc") == std::string::npos);
}

TEST_CASE("what a mail server's answer means") {
  const auto read = find_channel_kind("smtp")->read;
  CHECK(read(250, "250 queued").outcome == AttemptOutcome::accepted);
  for (int code : {421, 450, 451, 452}) CHECK(read(code, "").outcome == AttemptOutcome::not_sent);
  for (int code : {530, 535, 550, 552, 554})
    CHECK(read(code, "").outcome == AttemptOutcome::refused);
  CHECK(read(354, "").outcome == AttemptOutcome::unknown);
  CHECK(read(550, "550 no such\tuser").detail == "550 no such user");
}

TEST_CASE("what Slack's answer means: ok, and nothing else") {
  const auto read = find_channel_kind("slack")->read;
  CHECK(read(200, "ok").outcome == AttemptOutcome::accepted);
  CHECK(read(200, "ok\n").outcome == AttemptOutcome::accepted);
  CHECK(read(200, "").outcome == AttemptOutcome::not_sent);
  CHECK(read(200, "<html>log in</html>").outcome == AttemptOutcome::not_sent);
  CHECK(read(200, R"({"ok":false,"error":"x"})").outcome == AttemptOutcome::refused);
  CHECK(read(204, "").outcome == AttemptOutcome::not_sent);
  for (int status : {429, 503}) CHECK(read(status, "").outcome == AttemptOutcome::not_sent);
  for (int status : {408, 500, 502}) CHECK(read(status, "").outcome == AttemptOutcome::unknown);
  for (int status : {302, 400, 403, 404, 410})
    CHECK(read(status, "").outcome == AttemptOutcome::refused);
  CHECK(read(410, "channel_is_archived").detail == "HTTP 410: channel_is_archived");
}

TEST_CASE("Slack's limits hold for any page, and its marks are escaped") {
  SendOrder o = order();
  o.title = std::string(5000, '<'), o.summary = std::string(5000, '&');
  o.link = "https://tocsin.example.org/" + std::string(4000, 'x');
  const auto body = boost::json::parse(find_channel_kind("slack")->encode(o).body);
  CHECK(body.at("text").as_string().size() < 4000);
  for (const auto& block : body.at("blocks").as_array())
    if (block.at("type").as_string() == "section") {
      const auto& text = block.at("text").at("text").as_string();
      CHECK(text.size() <= 3000);
      CHECK(std::string_view(text).find("<<") == std::string_view::npos);
    } else {
      CHECK(block.at("type").as_string() != "actions");  // its link was too long
    }
  CHECK(slack_escaped("<!here> & \"x\"") == "&lt;!here&gt; &amp; \"x\"");
}

TEST_CASE("settings that do not fit together") {
  const auto check = find_channel_kind("smtp")->check;
  const SettingMap good{{"host", "mail.example.org"}, {"from", "t@example.org"}};
  CHECK_FALSE(check(good));
  const auto fault = [&](SettingMap more) {
    more.insert(good.begin(), good.end());
    const auto found = check(more);
    return found ? std::string(found->key) : std::string();
  };
  CHECK(fault({{"host", "a b"}}) == "host");
  CHECK(fault({{"port", "0"}}) == "port");
  CHECK(fault({{"port", "70000"}}) == "port");
  CHECK(fault({{"tls", "true"}, {"starttls", "required"}}) == "starttls");
  CHECK(fault({{"username", "u"}}) == "username");
  CHECK(fault({{"password", "p"}}) == "password");
  CHECK(fault({{"username", "u"}, {"password", "p"}}).empty());
  CHECK(fault({{"username", "u"}, {"password", "p"}, {"starttls", "never"}}) == "username");
  CHECK(fault({{"username", "u"}, {"password", "p"}, {"starttls", "optional"}}) == "username");
  CHECK(fault({{"username", "u"}, {"password", "p"}, {"tls", "true"}}).empty());
  CHECK(fault({{"from", "Tocsin <t@example.org>"}}) == "from");
  CHECK(fault({{"to", "ops"}}) == "to");
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
  for (const char* page : {"<!DOCTYPE html><p>log in", " <html>"}) {
    CHECK(read(200, page).outcome == AttemptOutcome::not_sent);
    CHECK(is_html(page));
  }
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
