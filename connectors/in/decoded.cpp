#include <string>

#include "connectors/registry.hpp"

namespace tocsin {

void Decoded::reject(std::size_t index, std::string_view why) {
  if (batch.rejected.size() == sentences_max) {
    ++unsaid;
    return;
  }
  batch.rejected.push_back("alert [" + std::to_string(index) + "] " + std::string(why));
}

std::vector<std::string> Decoded::sentences() const {
  std::vector<std::string> out = batch.rejected;
  if (unsaid > 0) out.push_back("and " + std::to_string(unsaid) + " more");
  return out;
}

}  // namespace tocsin
