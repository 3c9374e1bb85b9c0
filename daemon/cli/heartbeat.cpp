#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {

int list_heartbeats(const HeartbeatOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.get("/v1/heartbeats", {});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> heartbeats = (*reply)["heartbeats"].items();
  if (heartbeats.empty()) return print("no heartbeats are expected\n"), exit_done;
  std::vector<std::vector<std::string>> rows{
      {"NAME", "STATE", "LAST SEEN", "DUE", "OWNER", "INCIDENT"}};
  for (const JsonView& h : heartbeats)
    rows.push_back({printable(h["name"].text()), h["state"].text(), h["last_seen_at"].text(),
                    h["due_at"].text(), printable(h["owner"].text()), h["incident"].text()});
  print(table(rows, 64));
  return exit_done;
}

int ping_heartbeats(const HeartbeatOptions& options) {
  Client client(options.url);
  for (const std::string& name : options.names) {
    const ClientAnswer answer =
        client.post("/v2/heartbeats/" + api::percent_encode(name) + "/ping", "{}");
    if (!answer.good()) {
      const auto reply = JsonView::parse(answer.body);
      const std::string message = reply ? (*reply)["message"].text() : "";
      if (message.empty() || options.json) return failed(client, answer, options.json);
      return complain(message), answer.exit_code();
    }
    print(options.json ? answer.body : name + ": heard\n");
  }
  return exit_done;
}

}  // namespace tocsin::cli
