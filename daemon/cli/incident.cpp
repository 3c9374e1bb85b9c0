#include <chrono>

#include "connectors/text/rfc3339.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/query.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/table.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* timeline_page = "1000";

Wall wall_now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string age_of(const JsonView& time) {
  const auto then = parse_rfc3339(time.text());
  return then ? api::short_age(wall_now() - *then) : "";
}

// "P1 MAJOR", or "P1 MAJOR?" while nobody has decided.
std::string priority_words(const JsonView& i) {
  const std::string major = i["major"]["state"].text();
  return i["priority"].text() + (major == "accepted"    ? " MAJOR"
                                 : major == "candidate" ? " MAJOR?"
                                                        : "");
}

// "3 h 20 min"; seconds only where there is little more.
std::string duration_words(std::int64_t s) {
  if (s < 0) return "0 s";
  if (s < 600) return std::to_string(s) + " s";
  const std::int64_t h = s / 3600, m = s / 60 % 60;
  const std::string minutes = std::to_string(m) + " min";
  if (h == 0) return minutes;
  return std::to_string(h) + " h" + (m ? " " + minutes : "");
}

// Until when it is promised to work again: "in 3h", "5m ago", or what became of that.
std::string due_of(const JsonView& clock) {
  const std::string state = clock["state"].text();
  const auto due = parse_rfc3339(clock["due"].text());
  if ((state != "running" && state != "breached") || clock["ended_at"].present() || !due)
    return state;
  const Span left = *due - wall_now();
  return left.ms >= 0 ? "in " + api::short_age(left) : api::short_age({-left.ms}) + " ago";
}

std::string clock_words(const JsonView& clock) {
  const auto span = [](const std::string& seconds) {
    return seconds.empty() ? std::string() : duration_words(std::stoll(seconds));
  };
  std::string out = clock["state"].text() + ", " + span(clock["elapsed_seconds"].text()) + " of " +
                    span(clock["target_seconds"].text());
  if (clock["calendar"].text() != "always") out += " of " + printable(clock["calendar"].text());
  if (clock["due"].present()) out += ", due " + clock["due"].text();
  return out;
}

std::vector<std::string> list_row(const JsonView& i) {
  return {i["number"].text(), priority_words(i),
          i["state"].text(),  age_of(i["opened_at"]),
          due_of(i["clocks"]["resolution"]),
          i["ci"].text(),     i["group"].text(),
          i["owner"].text(),  i["alerts"]["firing"].text() + "/" + i["alerts"]["total"].text(),
          i["title"].text()};
}

void add_row(std::vector<std::vector<std::string>>& rows, const char* label,
             const JsonView& value) {
  if (const std::string text = value.text(); !text.empty()) rows.push_back({label, text});
}

std::string record(const JsonView& i) {
  std::string out = i["number"].text() + "  " + priority_words(i) + "  " + i["state"].text() +
                    "  " + printable(i["title"].text()) + "\n\n";
  std::vector<std::vector<std::string>> rows;
  for (const char* name :
       {"ci", "service", "environment", "severity", "group", "owner", "summary", "runbook",
        "symptom", "category_rule", "opened_at", "acknowledged_at", "restored_at", "resolved_at",
        "verify_until", "close_at", "parent", "recurrence_of", "revision"})
    add_row(rows, name, i[name]);
  const std::string category = i["category"].text() + "/" + i["subcategory"].text(),
                    opened_as = i["category_open"].text() + "/" + i["subcategory_open"].text();
  rows.push_back({"category", category + (category == opened_as ? "" : ", opened as " + opened_as) +
                                  (i["category_confirmed"].is_true() ? ", a person says" : "")});
  rows.push_back({"alerts", i["alerts"]["firing"].text() + " firing, " +
                                i["alerts"]["stale"].text() + " stale, " +
                                i["alerts"]["total"].text() + " in all"});
  if (const std::string reports = i["reports"].text(); reports != "" && reports != "0") {
    std::string watchers;
    for (const JsonView& one : i["watchers"].items())
      watchers += (watchers.empty() ? "" : ", ") + printable(one.text());
    rows.push_back({"reports", reports + (watchers.empty() ? "" : ", watched by " + watchers)});
  }
  for (const char* name : {"response", "resolution"})
    if (const JsonView clock = i["clocks"][name]; clock.present())
      rows.push_back({name, clock_words(clock)});
  if (i["monitoring_silent"].is_true()) rows.push_back({"monitoring", "is silent"});
  for (const char* name : {"reason", "since", "until", "by", "note", "reference", "question"})
    add_row(rows, (std::string("hold ") + name).c_str(), i["hold"][name]);
  for (const char* name : {"state", "criterion", "decide_by", "manager", "business_impact"})
    add_row(rows, (std::string("major ") + name).c_str(), i["major"][name]);
  add_row(rows, "next step at", i["escalation"]["next_at"]);
  add_row(rows, "silenced until", i["escalation"]["held_until"]);
  add_row(rows, "closure code", i["resolution"]["code"]);
  add_row(rows, "cause", i["resolution"]["cause"]);
  add_row(rows, "resolved by", i["resolution"]["by"]);
  add_row(rows, "note", i["resolution"]["note"]);
  return out + table(rows);
}

// The whole story, page by page.
bool timeline(Client& client, const std::string& path, std::string& out, ClientAnswer& answer,
              std::vector<std::string>& bodies) {
  std::vector<std::vector<std::string>> rows;
  std::string cursor;
  do {
    answer = client.get(path + "/timeline", {{"limit", timeline_page}, {"cursor", cursor}});
    if (!answer.good()) return false;
    const auto reply = JsonView::parse(answer.body);
    if (!reply) return false;
    bodies.push_back(answer.body);
    for (const JsonView& entry : (*reply)["entries"].items())
      rows.push_back({entry["at"].text(), entry["actor"].text(), entry["text"].text()});
    cursor = (*reply)["next_cursor"].text();
  } while (!cursor.empty());
  out = table(rows);
  return true;
}

std::string path_of(const std::string& number) {
  return "/v1/incidents/" + api::percent_encode(number);
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

int list_incidents(const ListOptions& options) {
  Client client(options.url);
  const ClientAnswer answer =
      client.get("/v1/incidents", {{"state", options.state},
                                   {"priority", options.priority},
                                   {"ci", options.ci},
                                   {"group", options.group},
                                   {"limit", std::to_string(options.limit)}});
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::vector<JsonView> incidents = (*reply)["incidents"].items();
  if (incidents.empty()) return print("no incidents\n"), exit_done;
  std::vector<std::vector<std::string>> rows{
      {"NUMBER", "PRIO", "STATE", "AGE", "RESTORE", "CI", "GROUP", "OWNER", "ALERTS", "TITLE"}};
  for (const JsonView& incident : incidents) rows.push_back(list_row(incident));
  print(table(rows, 24));
  if ((*reply)["next_cursor"].present()) print("there are more; --limit shows up to 1000\n");
  return exit_done;
}

int show_incident(const IncidentOptions& options) {
  Client client(options.url);
  const std::string path = path_of(options.number);
  ClientAnswer answer = client.get(path, {});
  if (!answer.good()) return failed(client, answer, options.json);
  const std::string body = answer.body;
  std::string story;
  std::vector<std::string> pages;
  if (!timeline(client, path, story, answer, pages)) return failed(client, answer, options.json);
  if (options.json) {
    std::string out = "{\"record\":" + trimmed(body) + ",\"timeline\":[";
    for (const std::string& page : pages) out += (out.back() == '[' ? "" : ",") + trimmed(page);
    return print(out + "]}\n"), exit_done;
  }
  const auto reply = JsonView::parse(body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  print(record((*reply)["incident"]) + "\n" + story);
  return exit_done;
}

int act_on_incident(const std::string& verb, const IncidentOptions& options) {
  std::string body;
  api::JsonWriter json(body);
  json.open_object();
  json.field_if("text", options.text).field_if("code", options.code);
  json.field_if("cause", options.cause).field_if("note", options.note);
  json.field_if("parent", options.parent).field_if("reason", options.reason);
  json.field_if("impact_by", options.impact_by).field_if("urgency_by", options.urgency_by);
  json.field_if("priority", options.priority).field_if("for", options.lasts);
  json.field_if("category", options.category);
  json.field_if("until", options.until).field_if("reference", options.reference);
  json.field_if("question", options.question).field_if("action", options.action);
  json.field_if("business_impact", options.business_impact);
  if (options.force) json.field("force", true);
  json.close_object();
  Pairs headers;
  if (!options.revision.empty()) headers.emplace_back("If-Match", "\"" + options.revision + "\"");
  Client client(options.url);
  const ClientAnswer answer = client.post(path_of(options.number) + "/" + verb, body, headers);
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  const std::string message = (*reply)["message"].text(), request = (*reply)["request"].text();
  const std::string said = message.empty() ? (*reply)["result"].text() : message;
  print((*reply)["incident"].text() + ": " +
        printable(verb == "convert" && message.empty() ? request : said) + "\n");
  return exit_done;
}

int confirm_loss(const ClientOptions& options) {
  Client client(options.url);
  const ClientAnswer answer = client.post("/v1/history-loss/confirm", "{}");
  if (!answer.good()) return failed(client, answer, options.json);
  print(options.json ? answer.body : "confirmed\n");
  return exit_done;
}

}  // namespace tocsin::cli
