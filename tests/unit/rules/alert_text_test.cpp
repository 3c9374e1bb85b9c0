// The packed text of an alert: read where it is good, refused where it is not.
#include <catch2/catch.hpp>

#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

TEST_CASE("labels and annotations are found") {
  std::string bytes;
  pack_alert(bytes, {{"alertname", "Down"}, {"ci", "db"}}, {{"summary", "it is down"}}, "http://g");
  const AlertText text(bytes);
  REQUIRE(text.valid());
  CHECK(text.label("ci") == "db");
  CHECK(text.label("none").empty());
  CHECK(text.annotation("summary") == "it is down");
  CHECK(text.annotation("ci").empty());
  CHECK(text.generator_url() == "http://g");
  CHECK(text.labels().size() == 2);
  CHECK(text.label_bytes() == AlertText(pack({{"alertname", "Down"}, {"ci", "db"}})).label_bytes());
}

TEST_CASE("hostile bytes are never valid and never read outside") {
  std::string good;
  pack_alert(good, {{"a", "1"}, {"bb", "22"}}, {{"c", "333"}}, "u");
  CHECK(AlertText(good).valid());
  for (std::size_t n = 0; n < good.size(); ++n) {
    const std::string cut = good.substr(0, n);
    CHECK_FALSE(AlertText(cut).valid());
  }
  // Every size set to every of a few values: valid or not, all accessors stay inside.
  std::size_t valid = 0;
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int value : {0, 1, 2, 3, 127, 128, 255}) {
      std::string bent = good;
      bent[i] = static_cast<char>(value);
      const AlertText text(bent);
      valid += text.valid();
      (void)text.label("bb"), (void)text.annotation("c"), (void)text.generator_url();
      (void)text.labels(), (void)text.annotations(), (void)text.label_bytes();
    }
  CHECK(valid > 0);
  CHECK_FALSE(AlertText(good + "x").valid());
  CHECK_FALSE(AlertText(std::string(AlertLimits::text_bytes + 1, '\0')).valid());
}

TEST_CASE("the empty text has no labels") {
  CHECK(AlertText().label("a").empty());
  CHECK(AlertText().generator_url().empty());
  CHECK_FALSE(AlertText().valid());
  CHECK(AlertText(pack({})).valid());
}
