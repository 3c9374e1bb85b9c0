// Every source decodes its golden files, and survives every prefix of them.

#include <catch2/catch.hpp>
#include <string>

#include "connectors/registry.hpp"
#include "tests/unit/connectors/golden.hpp"

using namespace tocsin;
using namespace tocsin::test;

namespace {

constexpr Wall received_at{1'773'233'400'000};  // 2026-03-11T12:50:00Z

Decoded decode(const SourceKind& source, std::string body) {
  const std::size_t size = body.size();
  body.append(64, '\xFF');  // the padding may hold anything
  return source.decode(std::string_view(body).substr(0, size), received_at);
}

std::string render(const Decoded& decoded) {
  static constexpr const char* failures[] = {"none", "malformed", "too_large", "wrong_shape"};
  std::string out;
  if (decoded.failure != DecodeFailure::none)
    return std::string("refused, ") + failures[static_cast<int>(decoded.failure)] + ": " +
           decoded.message + "\n";
  for (const auto& alert : decoded.batch.alerts) {
    const AlertText text = decoded.batch.text(alert);
    CHECK(text.valid());
    out += std::string(alert.resolved ? "resolved" : "firing") + " " +
           std::string(name(alert.event_class));
    out += " starts " + std::to_string(alert.starts_at.ms) + " ends " +
           std::to_string(alert.ends_at.ms) + "\n";
    for (const auto& [key, value] : text.labels())
      out += "  " + std::string(key) + " = " + std::string(value) + "\n";
    for (const auto& [key, value] : text.annotations())
      out += "  (" + std::string(key) + ") " + std::string(value) + "\n";
    if (!text.generator_url().empty()) out += "  from " + std::string(text.generator_url()) + "\n";
  }
  for (const auto& sentence : decoded.batch.rejected) out += "rejected: " + sentence + "\n";
  return out;
}

std::string folder_of(const SourceKind& source) {
  const std::string name = source.name == "generic" ? "generic_json" : std::string(source.name);
  return source_path("connectors/in/" + name + "/golden");
}

}  // namespace

TEST_CASE("golden files of every source") {
  for (const auto& source : source_kinds())
    for (const auto& file : files_ending(folder_of(source), ".json")) {
      const auto expected = file.substr(0, file.size() - 4) + "txt";
      check_golden(expected, render(decode(source, read_file(file))));
      const bool refused = file.find("/refused_") != std::string::npos;
      INFO(file);
      CHECK(refused == (decode(source, read_file(file)).failure != DecodeFailure::none));
    }
}

TEST_CASE("a body that was cut off is refused whole") {
  for (const auto& source : source_kinds())
    for (const auto& file : files_ending(folder_of(source), ".json")) {
      std::string body = read_file(file);
      while (!body.empty() && body.back() == '\n') body.pop_back();
      if (file.ends_with("refused_trailing.json")) continue;  // whole before its end
      for (std::size_t size = 0; size < body.size(); ++size) {
        INFO(file << " cut to " << size);
        CHECK(decode(source, body.substr(0, size)).failure != DecodeFailure::none);
      }
    }
}

TEST_CASE("limits of an alert") {
  const auto& source = *find_source("alertmanager_v2");
  const auto one = [](const std::string& labels, const std::string& annotations = "") {
    return "[{\"labels\":{" + labels + "},\"annotations\":{" + annotations + "}}]";
  };
  const auto many = [](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
      out += (i ? ",\"l" : "\"l") + std::to_string(i) + "\":\"v\"";
    return out;
  };
  const auto taken = [&](const std::string& body) {
    const auto decoded = decode(source, body);
    REQUIRE(decoded.failure == DecodeFailure::none);
    REQUIRE(decoded.batch.alerts.size() + decoded.batch.rejected.size() == 1);
    return decoded.batch.alerts.size() == 1;
  };
  CHECK(taken(one(many(AlertLimits::labels))));
  CHECK_FALSE(taken(one(many(AlertLimits::labels + 1))));
  CHECK(taken(one(many(1), many(AlertLimits::annotations))));
  CHECK_FALSE(taken(one(many(1), many(AlertLimits::annotations + 1))));
  CHECK(taken(one("\"" + std::string(256, 'n') + "\":\"v\"")));
  CHECK_FALSE(taken(one("\"" + std::string(257, 'n') + "\":\"v\"")));
  CHECK(taken(one("\"n\":\"" + std::string(2048, 'v') + "\"")));
  CHECK_FALSE(taken(one("\"n\":\"" + std::string(2049, 'v') + "\"")));
}

TEST_CASE("an annotation that is too long is cut between characters") {
  std::string value(AlertLimits::annotation_bytes - 1, 'a');
  value += "\xC3\xA4";  // the limit falls into the middle of it
  const auto decoded =
      decode(*find_source("alertmanager_v2"),
             "[{\"labels\":{\"a\":\"b\"},\"annotations\":{\"d\":\"" + value + "\"}}]");
  REQUIRE(decoded.batch.alerts.size() == 1);
  CHECK(decoded.batch.text(decoded.batch.alerts[0]).annotation("d") ==
        std::string(AlertLimits::annotation_bytes - 1, 'a'));
}

TEST_CASE("an alert is no larger than 32 KiB") {
  std::string annotations;
  for (int i = 0; i < 5; ++i)
    annotations +=
        (i ? ",\"a" : "\"a") + std::to_string(i) + "\":\"" + std::string(8000, 'x') + "\"";
  const auto decoded = decode(*find_source("alertmanager_v2"),
                              "[{\"labels\":{\"a\":\"b\"},\"annotations\":{" + annotations + "}}]");
  REQUIRE(decoded.batch.rejected.size() == 1);
  CHECK(decoded.batch.rejected[0] == "alert [0] is larger than 32 KiB");
}

TEST_CASE("a body has only so many alerts, members and sentences about them") {
  const auto list = [](std::string_view item, std::size_t count) {
    std::string out = "[";
    for (std::size_t i = 0; i < count; ++i) (out += i ? "," : "") += item;
    return out + "]";
  };
  const auto check = [&](const char* name, std::string_view bad) {
    const auto& source = *find_source(name);
    const Decoded decoded = decode(source, list(bad, 250));
    CHECK(decoded.batch.rejected.size() == Decoded::sentences_max);
    CHECK(decoded.rejected() == 250);
    CHECK(decode(source, list(bad, Decoded::alerts_max)).failure == DecodeFailure::none);
    CHECK(decode(source, list(bad, Decoded::alerts_max + 1)).failure == DecodeFailure::too_large);
  };
  check("generic", "{}");
  check("alertmanager_v2", R"({"labels":{}})");

  std::string members;
  for (std::size_t i = 0; i < 50'001; ++i)
    members += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":1";
  CHECK(decode(*find_source("generic"), "{" + members + "}").failure == DecodeFailure::too_large);
}

TEST_CASE("the order of labels in the body does not reach the bytes") {
  const auto& source = *find_source("alertmanager_v2");
  const auto a = decode(source, R"([{"labels":{"b":"2","a":"1","c":"3"}}])");
  const auto b = decode(source, R"([{"labels":{"c":"3","x":"","a":"1","b":"2"}}])");
  CHECK(a.batch.bytes == b.batch.bytes);
}

TEST_CASE("the severity of a generic alert is no part of its identity") {
  const auto& source = *find_source("generic");
  const auto a = decode(source, R"({"key":"disk","ci":"web-07","severity":"warning"})");
  const auto b = decode(source, R"({"severity":"critical","key":"disk","ci":"web-07"})");
  const auto first = a.batch.text(a.batch.alerts.at(0)),
             second = b.batch.text(b.batch.alerts.at(0));
  CHECK(first.label_bytes() == second.label_bytes());
  CHECK(second.annotation("severity") == "critical");
}

TEST_CASE("a document goes to a program only when it is JSON to its last byte") {
  const auto why = [](std::string body) {
    const std::size_t size = body.size();
    body.append(64, '\xFF');
    return find_source("jq")->document(std::string_view(body).substr(0, size)).message;
  };
  CHECK(why(R"({"a":[1,{"b":null}],"c":"\u00e4"})").empty());
  CHECK(why("[1,\"x\"]").empty());
  CHECK(why(R"({"a":1,"a":2})") == "a: key given twice");
  CHECK(why(R"({"a":NaN})") != "");
  CHECK(why(R"({"a":1} {"b":2})") == "something follows the end of the document");
  CHECK(why("7") == "expected an object");
  CHECK(why("") != "");
  CHECK(why(std::string(33, '[') + std::string(33, ']')) != "");
}
