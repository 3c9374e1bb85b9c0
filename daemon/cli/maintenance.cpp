#include "daemon/api/json_out.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

void list_of(api::JsonWriter& json, std::string_view key, const std::vector<std::string>& words) {
  if (words.empty()) return;
  json.key(key).open_array();
  for (const std::string& word : words) json.value(word);
  json.close_array();
}

std::string body_of(const MaintenanceOptions& o) {
  std::string body;
  api::JsonWriter json(body);
  json.open_object();
  list_of(json, "cis", o.cis);
  list_of(json, "match", o.match);
  if (o.dependents) json.field("dependents", true);
  json.field_if("owner", o.owner).field_if("reason", o.reason).field_if("change", o.change);
  json.field_if("starts_at", o.from).field_if("ends_at", o.until).field_if("for", o.lasts);
  json.close_object();
  return body;
}

std::string covered(const JsonView& window) {
  std::string out;
  for (const char* key : {"cis", "match"})
    for (const JsonView& one : window[key].items())
      out += (out.empty() ? "" : ", ") + printable(one.text());
  return out;
}

}  // namespace

int add_maintenance(const MaintenanceOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.post("/v1/maintenance", body_of(options));
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  print((*reply)["id"].text() + "\n");
  return exit_done;
}

int list_maintenance(const MaintenanceOptions& options) {
  Client client(options.url);
  const ClientAnswer answer =
      client.get("/v1/maintenance", {{"state", options.all ? "all" : "live"}});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> windows = (*reply)["maintenance"].items();
  if (windows.empty()) return print("no maintenance windows\n"), exit_done;
  std::vector<std::vector<std::string>> rows{
      {"ID", "STATE", "FROM", "UNTIL", "OWNER", "CHANGE", "COVERS", "REASON"}};
  for (const JsonView& w : windows)
    rows.push_back({printable(w["id"].text()), w["state"].text(), w["starts_at"].text(),
                    w["ends_at"].text(), printable(w["owner"].text()),
                    printable(w["change"].text()), covered(w), printable(w["reason"].text())});
  print(table(rows, 60));
  return exit_done;
}

int end_maintenance(const MaintenanceOptions& options) {
  Client client(options.url);
  for (const std::string& id : options.ids) {
    const ClientAnswer answer =
        client.post("/v1/maintenance/" + api::percent_encode(id) + "/end", "{}");
    if (!answer.good()) return failed(client, answer, options.json);
    const auto reply = JsonView::parse(answer.body);
    const std::string message = reply ? (*reply)["message"].text() : "";
    print(options.json ? answer.body : id + ": " + (message.empty() ? "over" : message) + "\n");
  }
  return exit_done;
}

}  // namespace tocsin::cli
