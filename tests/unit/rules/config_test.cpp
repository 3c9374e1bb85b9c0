// A configuration that was made from another one is taken on top of that one only.

#include <catch2/catch.hpp>

#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::shared_ptr<Settings> called(const std::string& hash) {
  auto out = small_settings();
  out->hash = out->text = hash;
  return out;
}

}  // namespace

TEST_CASE("a configuration that was made from one that is in force no more is not taken") {
  Desk desk;
  CHECK(desk.give(ApplyConfig{called("first"), "reload", "small"}).code == Answer::Code::done);
  CHECK(desk.state.globals().config_hash == "first");
  CHECK(desk.give(ApplyConfig{called("second"), "import", "small"}).code ==
        Answer::Code::illegal_transition);
  CHECK(desk.state.globals().config_hash == "first");
  // The same again is the same, whatever it was made from.
  CHECK(desk.give(ApplyConfig{called("first"), "reload", "small"}).code == Answer::Code::already);
  CHECK(desk.give(ApplyConfig{called("second"), "import", "first"}).code == Answer::Code::done);
  CHECK(desk.give(ApplyConfig{called("third"), "reload"}).code == Answer::Code::done);
}
