#include "daemon/api/v1_read.hpp"

#include <algorithm>

#include "daemon/api/incident_source.hpp"
#include "daemon/api/muting.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/sight.hpp"

namespace tocsin::api {
namespace {

constexpr std::uint64_t limit_default = 100, limit_max = 1000;

struct Paging {
  std::uint64_t cursor = 0;  // records below it; 0: from the newest
  std::size_t limit = limit_default;
};

std::optional<Paging> paging_of(const Query& query, ErrorFields& wrong) {
  const auto cursor = query.number("cursor", 0);
  const auto limit = query.number("limit", limit_default);
  if (!cursor) wrong.emplace_back("cursor", "is not one that a list gave out");
  if (!limit || *limit == 0 || *limit > limit_max) wrong.emplace_back("limit", "is 1 to 1000");
  if (!wrong.empty()) return {};
  return Paging{*cursor, static_cast<std::size_t>(*limit)};
}

HttpResponse bad_query(const ErrorFields& wrong) {
  return own_error(400, "bad_request", "the query does not fit", wrong);
}

void write_cursor(JsonWriter& json, std::uint64_t next) {
  json.key("next_cursor");
  next ? json.value(std::to_string(next)) : json.null();
}

// ---- incidents ----

struct IncidentFilter {
  std::uint32_t states = 0;  // bit per state
  std::optional<Priority> priority;
  std::string ci, group;

  bool fits(const IncidentRow& row, const Sight& sight) const {
    if (row.drill) return false;  // those are under /v1/drills
    if (!(states >> index(row.state) & 1u)) return false;
    if (priority && row.priority != *priority) return false;
    const IncidentWords words = sight.words(row);
    return (ci.empty() || words.ci == ci) && (group.empty() || words.group == group);
  }
};

constexpr std::uint32_t bit(IncidentState s) {
  return 1u << index(s);
}
constexpr std::uint32_t open_states =
    bit(IncidentState::new_) | bit(IncidentState::in_progress) | bit(IncidentState::on_hold);
constexpr std::uint32_t final_states = bit(IncidentState::closed) | bit(IncidentState::cancelled);

// "open", "all" or any of the states, separated by commas; 0 when a word is none of them.
std::uint32_t parse_states(std::string_view text) {
  std::uint32_t out = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    std::uint32_t bits = word == "open" ? open_states : 0;
    if (word == "all") bits = ~0u;
    for (std::size_t i = 0; i < EnumTable<IncidentState>::count; ++i)
      if (state_word(static_cast<IncidentState>(i)) == word) bits = 1u << i;
    if (bits == 0) return 0;
    out |= bits;
  }
  return out;
}

HttpResponse list_incidents(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  ErrorFields wrong;
  const auto paging = paging_of(x.query, wrong);
  IncidentFilter filter{
      parse_states(x.query.get("state", "open")), {}, x.query.get("ci"), x.query.get("group")};
  if (filter.states == 0)
    wrong.emplace_back("state",
                       "is open, all, new, in_progress, on_hold, resolved, closed or "
                       "cancelled, or several with commas");
  if (const std::string* text = x.query.find("priority")) {
    filter.priority = parse<Priority>(*text);
    if (!filter.priority) wrong.emplace_back("priority", "is P1 to P5");
  }
  if (!wrong.empty()) return bad_query(wrong);

  IncidentSearch search;
  search.below = IncidentNumber(static_cast<std::uint32_t>(paging->cursor));
  search.limit = paging->limit;
  search.archived = (filter.states & final_states) != 0;
  const auto settings = engine.settings();
  const Sight sight(x.who.actor, snapshot, *settings);
  search.wanted = [&](const IncidentRow& row) { return filter.fits(row, sight); };
  const IncidentPage page = search_incidents(engine, snapshot, search);

  std::string body;
  JsonWriter json(body);
  json.open_object().key("incidents").open_array();
  const Muting muting(snapshot, *settings);
  for (const FoundIncident& found : page.rows)
    write_incident(json, found.row, snapshot.globals, *settings, engine.wall_now(), muting, sight);
  json.close_array();
  write_cursor(json, page.next.value);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

HttpResponse no_such_incident(const std::string& asked) {
  return own_error(404, "not_found", "there is no incident " + asked);
}

HttpResponse show_incident(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  const auto found = find_incident(engine, snapshot, parse_incident(x.args[0]));
  if (!found) return no_such_incident(x.args[0]);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("incident");
  const auto settings = engine.settings();
  write_incident(json, found->row, snapshot.globals, *settings, engine.wall_now(),
                 Muting(snapshot, *settings), Sight(x.who.actor, snapshot, *settings));
  json.field("seq", snapshot.globals.seq).close_object();
  HttpResponse r = json_response(200, std::move(body));
  r.headers.emplace_back("ETag", "\"" + std::to_string(found->row.revision) + "\"");
  return r;
}

HttpResponse show_timeline(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  ErrorFields wrong;
  const auto paging = paging_of(x.query, wrong);
  if (!paging) return bad_query(wrong);
  const auto found = find_incident(engine, snapshot, parse_incident(x.args[0]));
  if (!found) return no_such_incident(x.args[0]);
  const auto settings = engine.settings();
  if (Sight(x.who.actor, snapshot, *settings).hides(found->row)) return is_restricted(found->row);

  std::string body;
  JsonWriter json(body);
  json.open_object().field("incident", to_text(found->row.number)).key("entries").open_array();
  // A story is read from its beginning: here the cursor is the entry that comes next.
  const auto first = static_cast<std::uint32_t>(paging->cursor ? paging->cursor : 1);
  const auto stories = find_timeline(engine, snapshot, found->row.number, first, paging->limit);
  for (const auto& [n, story] : stories) {
    json.open_object().field("entry", n);
    write_time(json, "at", story.at, snapshot.globals);
    json.field("kind", story.kind).field("actor", story.actor).field("text", story.text);
    json.key("fields").open_object();
    for (const auto& [name, value] : story.fields) json.field(name, value);
    json.close_object().close_object();
  }
  json.close_array();
  write_cursor(json, stories.size() == paging->limit ? stories.rbegin()->first + 1 : 0);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

// ---- alerts and pages ----

// The `limit` rows with the highest id below the cursor; `ids` is (id, slot).
std::uint64_t newest(std::vector<std::pair<std::uint64_t, std::uint32_t>>& ids, std::size_t limit) {
  const std::size_t kept = std::min(limit, ids.size());
  std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(kept), ids.end(),
                    std::greater<>());
  const bool more = ids.size() > kept;
  ids.resize(kept);
  return more ? ids.back().first : 0;
}

// Alerts of no incident are asked for with incident=none.
std::optional<IncidentNumber> incident_filter(const Query& query, bool& any, ErrorFields& wrong) {
  const std::string* text = query.find("incident");
  any = !text;
  if (!text || *text == "none") return IncidentNumber{};
  const IncidentNumber number = parse_incident(*text);
  if (!number) wrong.emplace_back("incident", "is a number such as INC0000012, or none");
  return number;
}

HttpResponse list_alerts(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  ErrorFields wrong;
  const auto paging = paging_of(x.query, wrong);
  bool any = true;
  const auto incident = incident_filter(x.query, any, wrong);
  std::optional<AlertState> state;
  if (const std::string* text = x.query.find("state")) {
    state = parse<AlertState>(*text);
    if (!state) wrong.emplace_back("state", "is held, firing, stale, resolved or tombstone");
  }
  if (!wrong.empty()) return bad_query(wrong);
  const std::string ci = x.query.get("ci");

  const auto settings = engine.settings();
  const Sight sight(x.who.actor, snapshot, *settings);
  std::vector<std::pair<std::uint64_t, std::uint32_t>> ids;
  snapshot.alerts.each([&](std::uint32_t slot, const AlertRow& row) {
    if (state ? row.state != *state : row.state == AlertState::tombstone) return;
    if (!any && row.incident != *incident) return;
    const std::uint64_t id = row.serial().value;
    if (paging->cursor && id >= paging->cursor) return;
    if (!ci.empty() && row.ci() != ci) return;
    if (sight.hides(row)) return;
    ids.emplace_back(id, slot);
  });
  const std::uint64_t next = newest(ids, paging->limit);

  std::string body;
  JsonWriter json(body);
  json.open_object().key("alerts").open_array();
  const Muting muting(snapshot, *settings);
  for (const auto& [id, slot] : ids)
    write_alert(json, snapshot.alerts.at(slot), snapshot.globals, muting);
  json.close_array();
  write_cursor(json, next);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

HttpResponse list_pages(const Exchange& x, const Snapshot& snapshot) {
  ErrorFields wrong;
  const auto paging = paging_of(x.query, wrong);
  bool any = true;
  const auto incident = incident_filter(x.query, any, wrong);
  if (!wrong.empty()) return bad_query(wrong);

  std::vector<std::pair<std::uint64_t, std::uint32_t>> ids;
  snapshot.pages.each([&](std::uint32_t slot, const PageRow& row) {
    if (!any && row.incident != *incident) return;
    if (paging->cursor && row.id.value >= paging->cursor) return;
    ids.emplace_back(row.id.value, slot);
  });
  const std::uint64_t next = newest(ids, paging->limit);

  std::string body;
  JsonWriter json(body);
  json.open_object().key("pages").open_array();
  for (const auto& [id, slot] : ids) write_page(json, snapshot.pages.at(slot), snapshot.globals);
  json.close_array();
  write_cursor(json, next);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

}  // namespace

void add_v1_reads(Router& router, Reading& reading) {
  const Guard guard = Guard::needs(Permission::incident_read);
  const auto add = [&](std::string_view pattern, Render render) {
    router.add(HttpMethod::get, pattern, guard, reading.handler(std::move(render)));
  };
  Engine& engine = reading.engine();
  add("/v1/incidents",
      [&engine](const Exchange& x, const SnapshotPtr& s) { return list_incidents(engine, x, *s); });
  add("/v1/incidents/{}",
      [&engine](const Exchange& x, const SnapshotPtr& s) { return show_incident(engine, x, *s); });
  add("/v1/incidents/{}/timeline",
      [&engine](const Exchange& x, const SnapshotPtr& s) { return show_timeline(engine, x, *s); });
  add("/v1/alerts",
      [&engine](const Exchange& x, const SnapshotPtr& s) { return list_alerts(engine, x, *s); });
  add("/v1/pages", [](const Exchange& x, const SnapshotPtr& s) { return list_pages(x, *s); });
}

}  // namespace tocsin::api
