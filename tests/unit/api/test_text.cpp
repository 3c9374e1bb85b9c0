// JSON, times, URLs and terminal text: what leaves must be well-formed whatever comes in.

#include <catch2/catch.hpp>

#include "daemon/api/json_in.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/daemon.hpp"
#include "daemon/cli/log.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/table.hpp"

using namespace tocsin;
using namespace tocsin::api;

TEST_CASE("JSON strings are valid whatever the bytes") {
  CHECK(json_string("a\"b\\c\n\x01") == R"("a\"b\\c\n\u0001")");
  CHECK(json_string("gr\xC3\xBC\xC3\x9F") == "\"gr\xC3\xBC\xC3\x9F\"");
  CHECK(json_string("\xFF") == "\"\xEF\xBF\xBD\"");
  CHECK(json_string("\xC3") == "\"\xEF\xBF\xBD\"");                      // cut short
  CHECK(json_string("\xC0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");      // overlong
  CHECK(json_string("\xED\xA0\x80").find("\xED") == std::string::npos);  // a surrogate
  CHECK(json_string("\xF0\x9F\x98\x80") == "\"\xF0\x9F\x98\x80\"");
}

TEST_CASE("commas stand where they belong") {
  std::string out;
  JsonWriter json(out);
  json.open_object().field("a", 1).key("b").open_array().value("x").value(true).null();
  json.open_object().close_object().close_array().field_if("c", "").field("d", "y").close_object();
  CHECK(out == R"({"a":1,"b":["x",true,null,{}],"d":"y"})");
}

TEST_CASE("times are RFC 3339 with milliseconds") {
  CHECK(rfc3339(Wall{0}) == "1970-01-01T00:00:00.000Z");
  CHECK(rfc3339(Wall{1'772'355'845'067}) == "2026-03-01T09:04:05.067Z");
  CHECK(rfc3339(Wall{-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(short_age(seconds(90)) == "90 s");
  CHECK(short_age(minutes(90)) == "90 min");
  CHECK(short_age(hours(30)) == "30 h");
  CHECK(short_age(hours(24 * 9)) == "9 d");
}

TEST_CASE("queries are decoded, repeated names kept") {
  const Query q("filter=a%3D%22b%22&filter=c&active=false&x=1+2&empty&bad=%zz");
  CHECK(q.all("filter") == std::vector<std::string>{"a=\"b\"", "c"});
  CHECK(q.boolean("active", true) == false);
  CHECK(q.boolean("silenced", true) == true);
  CHECK_FALSE(q.boolean("x", true));
  CHECK(q.get("x") == "1 2");
  CHECK(q.find("empty"));
  CHECK(q.get("bad") == "%zz");
  CHECK(q.number("after", 7) == 7u);
  CHECK_FALSE(q.number("x", 0));
  CHECK(percent_encode("a b/c") == "a%20b%2Fc");
}

TEST_CASE("a body is one flat object") {
  std::string why;
  const auto body = JsonObject::parse(R"({"text":"hi","force":true,"n":3})", why);
  REQUIRE(body);
  CHECK(body->text("text") == "hi");
  CHECK(body->boolean("force") == true);
  CHECK(body->boolean("absent") == false);
  CHECK_FALSE(body->boolean("text"));
  CHECK(body->unknown({"text", "force"}) == ErrorFields{{"n", "no such member"}});
  CHECK(JsonObject::parse("", why));
  CHECK_FALSE(JsonObject::parse("[1]", why));
  CHECK_FALSE(JsonObject::parse("{\"a\":", why));
  CHECK_FALSE(JsonObject::parse("{\"a\":{}}", why));
  CHECK_FALSE(JsonObject::parse(std::string(1000, '['), why));
}

TEST_CASE("other people's text does not move the cursor") {
  CHECK(cli::printable("a\x1b[31mb\nc\x7f") == "a\\x1b[31mb\\nc\\x7f");
  CHECK(cli::printable("\xC2\x9B"
                       "1m") == "\\x9b1m");
  CHECK(cli::printable("\xC3\xBC") == "\xC3\xBC");
  CHECK(cli::clipped("\xC3\xBC\xC3\xBC\xC3\xBC", 2) == "\xC3\xBC\xE2\x80\xA6");
  CHECK(cli::table({{"A", "B"}, {"long", "x"}}) == "A     B\nlong  x\n");
}

TEST_CASE("a log event is one line") {
  CHECK(cli::log_line(LogLevel::warning, "x", "a \"b\"\nc") ==
        "level=warning event=x detail=\"a \\\"b\\\"\\nc\"");
  CHECK(cli::log_line(LogLevel::info, "started", "") == "level=info event=started");
}

TEST_CASE("endpoints") {
  CHECK(cli::parse_endpoint("127.0.0.1:9966")->address == "127.0.0.1");
  CHECK(cli::parse_endpoint("[::1]:80")->address == "::1");
  CHECK(cli::parse_endpoint(":9966")->address == "::");
  CHECK(cli::parse_endpoint("localhost:1")->port == 1);
  CHECK_FALSE(cli::parse_endpoint("9966"));
  CHECK_FALSE(cli::parse_endpoint("a:70000"));
}
