#include "daemon/engine/random.hpp"

#include <sys/random.h>

namespace tocsin {

LinkKey random_link_key() {
  LinkKey key;
  if (getrandom(&key, sizeof key, 0) != static_cast<ssize_t>(sizeof key)) return {};
  return key;
}

}  // namespace tocsin
