// Which remedy is missing, in a build with planted bugs: the name in $TOCSIN_PLANT, if any.
#include <cstdlib>

#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

std::string_view from_environment() {
  const char* const name = std::getenv("TOCSIN_PLANT");
  return name ? name : "";
}

}  // namespace

std::string_view planted_bug = from_environment();

}  // namespace tocsin
