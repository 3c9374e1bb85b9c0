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

constexpr std::size_t incidents_shown = 20;

std::string matchers_of(const JsonView& silence) {
  std::string out;
  for (const JsonView& m : silence["matchers"].items())
    out += (out.empty() ? "" : ", ") + printable(m.text());
  return out;
}

std::string body_of(const SilenceOptions& o, bool whole) {
  std::string body;
  api::JsonWriter json(body);
  json.open_object().key("matchers").open_array();
  for (const std::string& m : o.matchers) json.value(m);
  json.close_array();
  if (whole) {
    json.field_if("id", o.id).field_if("for", o.lasts).field_if("ends_at", o.until);
    json.field_if("starts_at", o.from).field_if("comment", o.comment);
  }
  json.close_object();
  return body;
}

std::string count(const JsonView& n, const char* one, const char* many) {
  return n.text() + " " + (n.text() == "1" ? one : many);
}

void print_preview(const JsonView& found) {
  std::string out = "fits " + found["alerts"].text() + " of " +
                    count(found["of_alerts"], "firing alert", "firing alerts") + " on " +
                    count(found["cis"], "CI", "CIs") + "; nobody would be paged for " +
                    found["incidents_held"].text() + " of " +
                    count(found["incidents_touched"], "incident", "incidents") + "\n";
  std::vector<std::vector<std::string>> rows;
  for (const JsonView& i : found["incidents"].items()) {
    if (rows.size() == incidents_shown) {
      rows.push_back({"...", "", "", "", ""});
      break;
    }
    rows.push_back({i["number"].text(), i["priority"].text(), i["state"].text(),
                    i["held"].is_true() ? "held" : "pages on", printable(i["title"].text())});
  }
  print(out + table(rows));
}

}  // namespace

int add_silence(const SilenceOptions& options) {
  Client client(options.url);
  ClientAnswer answer = client.post("/v1/silences/preview", body_of(options, false));
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.preview && options.json) return print(answer.body + "\n"), exit_done;
  const auto preview = JsonView::parse(answer.body);
  if (!preview) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  if (!options.json) print_preview((*preview)["would_hide"]);
  if (options.preview) return exit_done;
  answer = client.post("/v1/silences", body_of(options, true));
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  print((*reply)["id"].text() + "\n");
  return exit_done;
}

int list_silences(const SilenceOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.get("/v1/silences", {{"state", options.all ? "all" : "live"}});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> silences = (*reply)["silences"].items();
  if (silences.empty()) return print("no silences\n"), exit_done;
  std::vector<std::vector<std::string>> rows{
      {"ID", "STATE", "FROM", "UNTIL", "BY", "MATCHERS", "COMMENT"}};
  for (const JsonView& s : silences)
    rows.push_back({s["id"].text(), s["state"].text(), s["starts_at"].text(), s["ends_at"].text(),
                    printable(s["by"].text()), matchers_of(s), printable(s["comment"].text())});
  print(table(rows, 60));
  return exit_done;
}

int expire_silences(const SilenceOptions& options) {
  Client client(options.url);
  for (const std::string& id : options.ids) {
    const ClientAnswer answer =
        client.post("/v1/silences/" + api::percent_encode(id) + "/expire", "{}");
    if (!answer.good()) return failed(client, answer, options.json);
    const auto reply = JsonView::parse(answer.body);
    const std::string message = reply ? (*reply)["message"].text() : "";
    print(options.json ? answer.body : id + ": " + (message.empty() ? "over" : message) + "\n");
  }
  return exit_done;
}

}  // namespace tocsin::cli
