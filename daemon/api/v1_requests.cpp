#include "daemon/api/v1_requests.hpp"

#include <algorithm>

#include "daemon/api/json_in.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

constexpr std::uint64_t limit_default = 100, limit_max = 1000;

// "waiting", "all" or any of the states, separated by commas; 0 when a word is none of them.
std::uint32_t parse_states(std::string_view text) {
  std::uint32_t out = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto state = parse<RequestState>(word);
    if (!state && word != "all" && word != "waiting") return 0;
    out |= state ? 1u << index(*state) : word == "all" ? ~0u : ~(1u << index(RequestState::done));
  }
  return out;
}

void write_request(JsonWriter& json, const RequestRow& row, const Globals& globals) {
  const RequestWords w = row.words();
  json.open_object().field("number", to_text(row.number)).field("state", name(row.state));
  json.field("title", w.title).field("text", w.text).field("ci", w.ci);
  json.field("source", source_name(globals, row.source));
  json.field("reporter", w.reporter).field("by", w.by);
  write_time(json, "starts_at", row.starts_at);
  write_time(json, "opened_at", row.opened_at, globals);
  json.field("taken_by", w.taken_by);
  write_time(json, "taken_at", row.taken_at, globals);
  json.field("done_by", w.done_by).field("note", w.note);
  write_time(json, "done_at", row.done_at, globals);
  json.key("incident");
  row.incident ? json.value(to_text(row.incident)) : json.null();
  json.close_object();
}

HttpResponse list(const Exchange& x, const Snapshot& s) {
  ErrorFields wrong;
  const std::uint32_t states = parse_states(x.query.get("state", "waiting"));
  const auto cursor = x.query.number("cursor", 0);
  const auto limit = x.query.number("limit", limit_default);
  if (states == 0)
    wrong.emplace_back("state",
                       "is waiting, all, open, handed_over or done, or several with commas");
  if (!cursor) wrong.emplace_back("cursor", "is not one that a list gave out");
  if (!limit || *limit == 0 || *limit > limit_max) wrong.emplace_back("limit", "is 1 to 1000");
  if (!wrong.empty()) return own_error(400, "bad_request", "the query does not fit", wrong);

  std::vector<std::pair<RequestNumber, std::uint32_t>> found;  // the newest first
  s.requests.each([&](std::uint32_t slot, const RequestRow& row) {
    const bool below = *cursor == 0 || row.number.value < *cursor;
    if (below && (states >> index(row.state) & 1u)) found.emplace_back(row.number, slot);
  });
  std::sort(found.begin(), found.end(), std::greater<>());
  const bool more = found.size() > *limit;
  if (more) found.resize(*limit);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("requests").open_array();
  for (const auto& [number, slot] : found) write_request(json, s.requests.at(slot), s.globals);
  json.close_array().key("next_cursor");
  more ? json.value(std::to_string(found.back().first.value)) : json.null();
  json.field("seq", s.globals.seq).close_object();
  return json_response(200, std::move(body));
}

HttpResponse no_such_request(const std::string& asked) {
  return own_error(404, "not_found", "there is no request " + asked);
}

HttpResponse show(const Exchange& x, const Snapshot& s) {
  const RequestNumber number = parse_request(x.args[0]);
  std::uint32_t found = no_slot;
  s.requests.each([&](std::uint32_t slot, const RequestRow& row) {
    if (row.number == number) found = slot;
  });
  if (found == no_slot) return no_such_request(x.args[0]);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("request");
  write_request(json, s.requests.at(found), s.globals);
  json.field("seq", s.globals.seq).close_object();
  return json_response(200, std::move(body));
}

// What people do to one: the last part of the path.
enum class Act { take, done, convert };

void act(Engine& engine, const Exchange& x, Act what) {
  const RequestNumber number = parse_request(x.args[0]);
  if (!number) return x.reply(no_such_request(x.args[0]));
  std::vector<std::string_view> members;
  if (what == Act::done) members.emplace_back("note");
  ErrorFields wrong;
  const auto body = read_json(x, members, wrong);
  if (!body || refused(x, wrong)) return;
  const Actor& by = x.who.actor;
  if (what == Act::convert) return offer_command(engine, ConvertRequest{number, by}, x.reply);
  if (what == Act::take) return offer_command(engine, TakeRequest{number, by}, x.reply);
  offer_command(engine, FinishRequest{number, by, body->text("note")}, x.reply);
}

}  // namespace

void add_v1_requests(Router& router, Reading& reading) {
  const Guard read = Guard::needs(Permission::incident_read);
  const Guard write = Guard::needs(Permission::request_handle);
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/v1/requests", read,
             reading.handler([](const Exchange& x, const SnapshotPtr& s) { return list(x, *s); }));
  router.add(HttpMethod::get, "/v1/requests/{}", read,
             reading.handler([](const Exchange& x, const SnapshotPtr& s) { return show(x, *s); }));
  static constexpr std::pair<const char*, Act> acts[] = {
      {"take", Act::take}, {"done", Act::done}, {"convert", Act::convert}};
  for (const auto& [word, what] : acts)
    router.add(HttpMethod::post, std::string("/v1/requests/{}/") + word, write,
               [&engine, what = what](const Exchange& x) { act(engine, x, what); });
}

}  // namespace tocsin::api
