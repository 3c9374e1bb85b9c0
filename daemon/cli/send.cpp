#include "daemon/api/json_out.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

// False when one of them is no name=value.
bool write_pairs(api::JsonWriter& json, std::string_view key,
                 const std::vector<std::string>& pairs) {
  json.key(key).open_object();
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      return complain("'" + pair + "' is not NAME=VALUE"), false;
    json.field(pair.substr(0, equals), pair.substr(equals + 1));
  }
  json.close_object();
  return true;
}

// "stored", or "stored as REQ0000012" of what asks for something.
std::string stored_words(const std::string& body) {
  const auto reply = JsonView::parse(body);
  std::string numbers;
  if (reply)
    for (const JsonView& number : (*reply)["requests"].items()) numbers += " " + number.text();
  return numbers.empty() ? "stored\n" : "stored as" + numbers + "\n";
}

}  // namespace

int send(const SendOptions& options) {
  if (options.key.empty() && options.summary.empty() && options.labels.empty())
    return complain("say what happened: --key, --summary or --label"), exit_usage;
  std::string body;
  api::JsonWriter json(body);
  json.open_object();
  json.field_if("key", options.key).field_if("ci", options.ci);
  json.field_if("severity", options.severity).field_if("summary", options.summary);
  json.field_if("description", options.description).field_if("runbook_url", options.runbook);
  json.field_if("class", options.event_class);
  json.field("status", options.resolve ? "resolved" : "firing");
  if (!write_pairs(json, "labels", options.labels)) return exit_usage;
  if (!write_pairs(json, "annotations", options.annotations)) return exit_usage;
  json.close_object();

  Client client(options.url);
  const ClientAnswer answer = client.post("/hooks/" + api::percent_encode(options.hook), body);
  if (answer.good()) {
    print(options.json ? answer.body : stored_words(answer.body));
    return exit_done;
  }
  const auto reply = JsonView::parse(answer.body);
  if (answer.status == 422 && reply && !(*reply)["rejected"].items().empty()) {
    if (options.json) print(answer.body);
    for (const JsonView& why : (*reply)["rejected"].items()) complain(why.text());
    return exit_no;
  }
  return failed(client, answer, options.json);
}

}  // namespace tocsin::cli
