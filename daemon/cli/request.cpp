#include "daemon/api/json_out.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {

int list_requests(const RequestOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.get(
      "/v1/requests", {{"state", options.state}, {"limit", std::to_string(options.limit)}});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> requests = (*reply)["requests"].items();
  if (requests.empty()) return print("no requests\n"), exit_done;
  std::vector<std::vector<std::string>> rows{
      {"NUMBER", "STATE", "OPENED", "FOR", "WITH", "CI", "TITLE"}};
  for (const JsonView& r : requests)
    rows.push_back({r["number"].text(), r["state"].text(), r["opened_at"].text(),
                    printable(r["reporter"].text()), printable(r["taken_by"].text()),
                    printable(r["ci"].text()), printable(r["title"].text())});
  print(table(rows, 64));
  if ((*reply)["next_cursor"].present()) print("there are more; --limit shows up to 1000\n");
  return exit_done;
}

int show_request(const RequestOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.get("/v1/requests/" + api::percent_encode(options.number), {});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const JsonView request = (*reply)["request"];
  std::vector<std::vector<std::string>> rows;
  for (const char* key :
       {"number", "state", "title", "text", "ci", "source", "reporter", "by", "opened_at",
        "taken_by", "taken_at", "done_by", "done_at", "note", "incident"})
    if (const std::string value = request[key].text(); !value.empty())
      rows.push_back({key, printable(value)});
  print(table(rows, 200));
  return exit_done;
}

int act_on_request(const std::string& verb, const RequestOptions& options) {
  std::string body;
  api::JsonWriter json(body);
  json.open_object().field_if("note", options.note).close_object();
  Client client(options.url);
  const ClientAnswer answer =
      client.post("/v1/requests/" + api::percent_encode(options.number) + "/" + verb, body);
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::string message = (*reply)["message"].text();
  const std::string done = verb == "take"      ? "it is yours"
                           : verb == "convert" ? (*reply)["incident"].text()
                                               : "done";
  print((*reply)["request"].text() + ": " + printable(message.empty() ? done : message) + "\n");
  return exit_done;
}

}  // namespace tocsin::cli
