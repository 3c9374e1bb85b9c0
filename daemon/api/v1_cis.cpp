#include "daemon/api/v1_cis.hpp"

#include <algorithm>
#include <map>

#include "daemon/api/json_out.hpp"
#include "daemon/api/sight.hpp"
#include "rules/correlate/group.hpp"
#include "rules/model/matcher.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t limit_default = 100, limit_max = 1000;
constexpr std::size_t told_max = 1000;  // of each list of a diff, and of mistakes

enum class Origin : std::uint8_t { listed, configured, imported, discovered };
constexpr std::pair<std::string_view, Origin> origins[] = {{"listed", Origin::listed},
                                                           {"configured", Origin::configured},
                                                           {"imported", Origin::imported},
                                                           {"discovered", Origin::discovered}};

// ---- reading ----

void write_words(JsonWriter& json, std::string_view key, const std::vector<std::string>& words) {
  json.key(key).open_array();
  for (const std::string& word : words) json.value(word);
  json.close_array();
}

void write_ci(JsonWriter& json, const Ci& ci) {
  json.open_object().field("id", ci.id);
  json.field("origin", ci.imported ? "imported" : "configured").field("class", ci.ci_class);
  json.field("criticality", name(ci.criticality)).field("users", ci.users).field("group", ci.group);
  write_words(json, "aliases", ci.aliases);
  write_words(json, "supports", ci.supports);
  write_words(json, "depends_on", ci.depends_on);
  write_words(json, "soft_depends_on", ci.soft_depends_on);
  json.field("pool", ci.pool).field("site", ci.site).field("hours", ci.hours);
  json.key("match").open_array();
  for (const Matcher& m : ci.match) json.value(matcher_text(m));
  json.close_array().field("environment", ci.environment).close_object();
}

// What is listed has a place in `cis`, what was discovered the number of its alerts.
struct Entry {
  std::string_view id;
  std::uint64_t number = 0;
};

std::vector<Entry> listed(const Settings& settings, Origin origin) {
  std::vector<Entry> out;
  for (std::uint32_t i = 0; i < settings.cis.size(); ++i) {
    const Ci& ci = settings.cis[i];
    if (origin == Origin::listed || ci.imported == (origin == Origin::imported))
      out.push_back({ci.id, i});
  }
  return out;
}

// Of the alerts in memory that the reader may see, but for those that are remembered for their end
// only.
std::vector<Entry> discovered(const Settings& settings, const Snapshot& snapshot,
                              const Sight& sight) {
  std::map<std::string_view, std::uint64_t> alerts;
  snapshot.alerts.each([&](std::uint32_t, const AlertRow& row) {
    if (row.state != AlertState::tombstone && !row.ci().empty() && !is_group(row.ci()) &&
        !sight.hides(row))
      ++alerts[row.ci()];
  });
  std::vector<Entry> out;
  for (const auto& [id, count] : alerts) {
    std::string lower(id);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (!settings.ci_by_name.contains(lower)) out.push_back({id, count});
  }
  return out;
}

HttpResponse list(const Engine& engine, const Exchange& x, const Snapshot& snapshot) {
  ErrorFields wrong;
  const std::string word = x.query.get("origin", "listed"), cursor = x.query.get("cursor");
  const auto origin = std::find_if(std::begin(origins), std::end(origins),
                                   [&](const auto& o) { return o.first == word; });
  if (origin == std::end(origins))
    wrong.emplace_back("origin", "is listed, configured, imported or discovered");
  const auto limit = x.query.number("limit", limit_default);
  if (!limit || *limit == 0 || *limit > limit_max) wrong.emplace_back("limit", "is 1 to 1000");
  if (!wrong.empty()) return own_error(400, "bad_request", "the query does not fit", wrong);

  const auto settings = engine.settings();
  const bool known = origin->second != Origin::discovered;
  const auto all = known ? listed(*settings, origin->second)
                         : discovered(*settings, snapshot, Sight(x.who.actor, snapshot, *settings));
  auto at = std::upper_bound(all.begin(), all.end(), cursor,
                             [](std::string_view id, const Entry& e) { return id < e.id; });
  const auto end =
      at + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(*limit), all.end() - at);
  std::string body;
  JsonWriter json(body);
  json.open_object().key("cis").open_array();
  for (; at != end; ++at) {
    if (known)
      write_ci(json, settings->cis[at->number]);
    else
      json.open_object()
          .field("id", at->id)
          .field("origin", "discovered")
          .field("alerts", at->number)
          .close_object();
  }
  json.close_array().field("count", all.size()).key("next_cursor");
  end == all.end() ? json.null() : json.value((end - 1)->id);
  json.field("seq", snapshot.globals.seq).close_object();
  return json_response(200, std::move(body));
}

// ---- importing ----

std::optional<InventoryForm> form_of(const HttpRequest& request) {
  const std::string* type = request.find("Content-Type");
  std::string word = type ? type->substr(0, type->find(';')) : "";
  while (word.ends_with(' ')) word.pop_back();
  for (char& c : word)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (word == "text/csv") return InventoryForm::table;
  if (word == "application/json" || word == "application/yaml") return InventoryForm::yaml;
  return {};
}

template <class List, class Write>
void write_some(JsonWriter& json, std::string_view key, const List& list, Write&& write) {
  json.field(std::string(key) + "_count", list.size()).key(key).open_array();
  for (std::size_t i = 0; i < std::min(list.size(), told_max); ++i) write(list[i]);
  json.close_array();
}

HttpResponse changes(const Imported& done) {
  std::string body;
  JsonWriter json(body);
  const InventoryDiff& diff = done.diff;
  json.open_object().field("applied", done.outcome == Imported::Outcome::in_force);
  const auto id = [&](const std::string& ci) { json.value(ci); };
  write_some(json, "added", diff.added, id);
  write_some(json, "removed", diff.removed, id);
  write_some(json, "changed", diff.changed, [&](const InventoryDiff::Change& change) {
    json.open_object().field("id", change.id);
    write_words(json, "fields", change.keys);
    json.close_object();
  });
  json.field("unchanged_count", diff.unchanged);
  if (done.seq) json.field("seq", done.seq);
  json.close_object();
  body += '\n';
  HttpResponse r = json_response(200, std::move(body));
  if (done.seq) r.headers.emplace_back("X-Tocsin-Seq", std::to_string(done.seq));
  return r;
}

// Beside what every error of ours has: the place of each mistake. Of one that is not in the body,
// line and column are 0.
HttpResponse mistakes(const std::vector<Diagnostic>& errors) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("error").open_object().field("code", "invalid");
  json.field("message", std::to_string(errors.size()) +
                            (errors.size() == 1 ? " mistake" : " mistakes") +
                            "; nothing has changed");
  json.key("mistakes").open_array();
  for (std::size_t i = 0; i < std::min(errors.size(), told_max); ++i) {
    const Diagnostic& d = errors[i];
    const bool here = d.file == config::import_name;
    json.open_object().field("line", here ? d.line : 0).field("column", here ? d.column : 0);
    json.field("message", here ? d.message : to_text(d)).close_object();
  }
  json.close_array().close_object().close_object();
  return json_response(422, std::move(body));
}

void put(Importer& importer, Exchange x) {
  const auto form = form_of(x.request);
  if (!form)
    return x.reply(own_error(415, "unsupported_media_type",
                             "the body must be text/csv, application/json or application/yaml"));
  const auto dry_run = x.query.boolean("dry_run", false);
  if (!dry_run)
    return x.reply(
        own_error(400, "bad_request", "the query does not fit", {{"dry_run", "is true or false"}}));
  Import what{std::move(x.request.body), *form, *dry_run, x.who.actor.person};
  importer.take(std::move(what), [reply = std::move(x.reply)](const Imported& done) {
    if (done.outcome == Imported::Outcome::busy) return reply(busy(done.message));
    reply(done.outcome == Imported::Outcome::wrong ? mistakes(done.errors) : changes(done));
  });
}

}  // namespace

void add_v1_cis(Router& router, Reading& reading, Importer* importer) {
  Engine& engine = reading.engine();
  router.add(HttpMethod::get, "/v1/cis", Guard::needs(Permission::incident_read),
             reading.handler([&engine](const Exchange& x, const SnapshotPtr& s) {
               return list(engine, x, *s);
             }));
  if (importer)
    router.add(HttpMethod::put, "/v1/cis", Guard::needs(Permission::inventory_write),
               [importer](Exchange x) { put(*importer, std::move(x)); });
}

}  // namespace tocsin::api
