#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {

int status(const ClientOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.get("/v1/status", {});
  if (!answer.good()) return failed(client, answer, options.json);
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const JsonView& s = *reply;
  const bool ready = s["ready"].is_true();
  if (options.json) return print(answer.body + "\n"), ready ? exit_done : exit_no;
  const JsonView paging = s["paging"];
  std::string text = printable(s["instance"].text()) + ", tocsin " + s["version"].text() + ": " +
                     (ready ? "ready" : "NOT READY") + "\n";
  const auto line = [&](const std::string& what) { text += "  " + printable(what) + "\n"; };
  if (paging["paused"].is_true()) {
    line("paging is PAUSED: " + paging["message"].text());
    line(paging["steps_held"].text() + " steps are held and " + paging["pages_waiting"].text() +
         " pages wait; `tocsin resume` sends them");
  }
  if (s["history_loss_unconfirmed"].is_true())
    line("acknowledged history was lost; `tocsin journal confirm-loss` says that somebody knows");
  if (!s["accepting"].is_true()) line("takes no alerts: " + s["message"].text());
  line(s["incidents"]["open"].text() + " incidents are open, " +
       s["incidents"]["unanswered"].text() + " of them unanswered");
  line("frame " + s["log"]["durable"].text() + " is on disk, checkpoint " +
       s["log"]["checkpoint"].text() + ", epoch " + s["log"]["epoch"].text());
  print(text);
  return ready ? exit_done : exit_no;
}

int resume_paging(const ClientOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.post("/v1/paging/resume", "{}");
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::string message = (*reply)["message"].text();
  print((message.empty() ? "paging goes on" : printable(message)) + "\n");
  return exit_done;
}

}  // namespace tocsin::cli
