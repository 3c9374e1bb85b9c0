#include "daemon/cli/output.hpp"

#include <cstdio>

#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/reply_json.hpp"

namespace tocsin::cli {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void complain(const std::string& text) {
  std::fprintf(stderr, "tocsin: %s\n", text.c_str());
}

int failed(const Client& client, const ClientAnswer& answer, bool json) {
  if (!answer.reached) {
    complain(answer.error);
    return exit_unreachable;
  }
  if (json) print(answer.body.ends_with('\n') ? answer.body : answer.body + "\n");
  const std::string text = error_text(answer.body);
  complain(text.empty() ? client.url() + " answered " + std::to_string(answer.status) : text);
  return answer.exit_code();
}

}  // namespace tocsin::cli
