// Answers of the core as HTTP.

#include <catch2/catch.hpp>

#include "daemon/api/v1_write.hpp"

using namespace tocsin;
using namespace tocsin::api;

TEST_CASE("each code of an answer has one status") {
  using enum Answer::Code;
  CHECK(status_of(done).status == 200);
  CHECK(status_of(already).status == 200);
  CHECK(status_of(not_found).status == 404);
  CHECK(status_of(illegal_transition).status == 409);
  CHECK(status_of(illegal_transition).code == "illegal_transition");
  CHECK(status_of(forbidden).status == 403);
  CHECK(status_of(invalid).status == 422);
  CHECK(status_of(shed).status == 503);
}
