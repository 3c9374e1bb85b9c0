#include <fstream>
#include <iostream>
#include <iterator>

#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

bool read_all(const std::string& file, std::string& out) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return !in.bad();
}

// One line each; of those that the daemon did not tell, how many.
std::string lines(const JsonView& reply, const std::string& list, const char* sign) {
  std::string out;
  const std::vector<JsonView> told = reply[list].items();
  for (const JsonView& one : told) {
    std::string keys;
    for (const JsonView& key : one["fields"].items())
      keys += (keys.empty() ? ": " : ", ") + key.text();
    out += std::string(sign) + " " + printable(keys.empty() ? one.text() : one["id"].text()) +
           keys + "\n";
  }
  const std::string count = reply[list + "_count"].text();
  if (count != std::to_string(told.size()))
    out += std::string(sign) + " and more, " + count + " together\n";
  return out;
}

std::string words(const JsonView& reply) {
  return lines(reply, "added", "+") + lines(reply, "removed", "-") + lines(reply, "changed", "~") +
         reply["unchanged_count"].text() + " unchanged" +
         (reply["applied"].is_true() ? "\n" : "; nothing was changed: a dry run\n");
}

// As of any file: where it is, and what.
std::string mistakes(const std::string& file, const JsonView& reply) {
  std::string out;
  for (const JsonView& one : reply["error"]["mistakes"].items()) {
    const std::string line = one["line"].text();
    out += printable(file) + (line == "0" ? "" : ":" + line + ":" + one["column"].text()) + ": " +
           printable(one["message"].text()) + "\n";
  }
  return out;
}

}  // namespace

int list_cis(const CiOptions& options) {
  Client client(options.url);
  const ClientAnswer answer =
      client.get("/v1/cis", {{"origin", options.origin}, {"limit", std::to_string(options.limit)}});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> cis = (*reply)["cis"].items();
  if (cis.empty()) return print("no CIs\n"), exit_done;
  const bool discovered = options.origin == "discovered";
  std::vector<std::vector<std::string>> rows{{"ID", "ALERTS"}};
  if (!discovered) rows = {{"ID", "ORIGIN", "CLASS", "CRITICALITY", "USERS", "GROUP"}};
  for (const JsonView& ci : cis) {
    std::vector<std::string> row{printable(ci["id"].text())};
    if (discovered)
      row.push_back(ci["alerts"].text());
    else
      for (const char* key : {"origin", "class", "criticality", "users", "group"})
        row.push_back(printable(ci[key].text()));
    rows.push_back(std::move(row));
  }
  print(table(rows));
  if ((*reply)["next_cursor"].present())
    print("there are " + (*reply)["count"].text() + "; --limit shows up to 1000\n");
  return exit_done;
}

int import_cis(const CiOptions& options) {
  std::string body;
  if (!read_all(options.file, body)) return complain(options.file + " cannot be read"), exit_usage;
  Client client(options.url);
  const ClientAnswer answer =
      client.put(std::string("/v1/cis") + (options.dry_run ? "?dry_run=true" : ""), body,
                 options.file.ends_with(".csv") ? "text/csv" : "application/yaml");
  const auto reply = JsonView::parse(answer.body);
  if (reply && answer.status == 422 && !options.json) print(mistakes(options.file, *reply));
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  print(words(*reply));
  return exit_done;
}

}  // namespace tocsin::cli
