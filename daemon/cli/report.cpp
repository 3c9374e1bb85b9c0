#include "daemon/api/json_out.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {

int report(const std::string& kind, const ReportOptions& options) {
  std::string body;
  api::JsonWriter json(body);
  json.open_object().field("kind", kind).field("text", options.text);
  json.field_if("ci", options.ci).field_if("reporter", options.reporter);
  json.field_if("via", options.via).field_if("incident", options.incident).close_object();
  Client client(options.url);
  const ClientAnswer answer = client.post("/v1/reports", body);
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::string request = (*reply)["request"].text(), message = (*reply)["message"].text();
  const bool joined = (*reply)["joined"].is_true();
  print((request.empty() ? (*reply)["incident"].text() : request) +
        (joined            ? ": is known already, and you watch it"
         : message.empty() ? ""
                           : ": " + printable(message)) +
        "\n");
  return exit_done;
}

}  // namespace tocsin::cli
