#include <chrono>
#include <thread>

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

constexpr auto look_every = std::chrono::milliseconds(300);

std::string outcome_table(const JsonView& drill) {
  std::vector<std::vector<std::string>> rows{
      {"PERSON", "CHANNEL", "OUTCOME", "ATTEMPTS", "WHAT THE CHANNEL SAID"}};
  for (const JsonView& c : drill["channels"].items())
    rows.push_back({c["person"].text().empty() ? "-" : c["person"].text(), c["channel"].text(),
                    c["outcome"].text(), c["attempts"].text(), printable(c["detail"].text())});
  return table(rows);
}

}  // namespace

int drill(const DrillOptions& options) {
  std::string body;
  api::JsonWriter(body).open_object().field("target", options.target).close_object();
  Client client(options.url);
  ClientAnswer answer = client.post("/v1/drills", body);
  if (!answer.good()) return failed(client, answer, options.json);
  const auto started = JsonView::parse(answer.body);
  if (!started) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::string number = (*started)["incident"].text();
  if (!options.json) print("drill " + number + " for " + printable(options.target) + "\n");

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_s);
  for (;;) {
    answer = client.get("/v1/drills/" + api::percent_encode(number), {});
    if (!answer.good()) return failed(client, answer, options.json);
    const auto reply = JsonView::parse(answer.body);
    if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
    const std::string outcome = (*reply)["drill"]["outcome"].text();
    if (outcome != "waiting" || std::chrono::steady_clock::now() >= end) {
      print(options.json ? answer.body + "\n" : outcome_table((*reply)["drill"]));
      if (outcome == "waiting")
        complain("not over after " + std::to_string(options.wait_s) +
                 " s; the daemon goes on trying: GET /v1/drills/" + number);
      return outcome == "delivered" ? exit_done : exit_no;
    }
    std::this_thread::sleep_for(look_every);
  }
}

}  // namespace tocsin::cli
