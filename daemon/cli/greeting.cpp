// The first words of the demo: where it is, where pages go, and a line to try.

#include "daemon/cli/daemon.hpp"
#include "daemon/cli/output.hpp"

namespace tocsin::cli {
namespace {

std::string where(const Channel& channel) {
  if (channel.kind == "terminal") return "this terminal";
  for (const char* key : {"directory", "url", "to"})
    if (const auto it = channel.settings.find(key); it != channel.settings.end()) return it->second;
  return "";
}

// The first integration that reads our own JSON and asks for no token.
std::string open_hook(const Body& body) {
  for (const Integration& integration : body.integrations)
    if (integration.source == "generic" && integration.token_sha256.empty())
      return integration.name;
  return "cli";
}

}  // namespace

void Daemon::greet() const {
  const auto settings = engine_->settings();
  const std::string url = first_url();
  const std::string& tool = options_.program;
  std::string out = "\nTocsin listens on " + url + "  (open it in a browser)\n\nPages go to:\n";
  for (const Channel& channel : settings->channels)
    out += "  " + channel.name + " (" + channel.kind + ")  " + where(channel) + "\n";
  out += "\nBreak something, from another terminal:\n  curl -sS " + url + "/hooks/" +
         open_hook(body_) +
         " -d '{\"key\": \"disk-full\", \"ci\": \"db-shop-01\", \"severity\": \"critical\", "
         "\"summary\": \"The disk of db-shop-01 is full\"}'\n"
         "\nThen look, answer and repair:\n"
         "  " +
         tool + " incident list\n  " + tool + " incident ack 1\n  " + tool +
         " send --key disk-full --ci db-shop-01 --resolve\n\n";
  print(out);
}

}  // namespace tocsin::cli
