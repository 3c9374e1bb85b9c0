#include "daemon/api/am_api.hpp"

#include "daemon/api/am_list.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"

namespace tocsin::api {
namespace {

constexpr int streams_max = 8;

// Counts a list from its making until the server is done with it.
class StreamSlot {
 public:
  explicit StreamSlot(std::shared_ptr<std::atomic<int>> count) : count_(std::move(count)) {
    taken_ = count_->fetch_add(1) < streams_max;
  }
  ~StreamSlot() { count_->fetch_sub(1); }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;
  bool taken() const { return taken_; }

 private:
  std::shared_ptr<std::atomic<int>> count_;
  bool taken_ = false;
};

HttpResponse gone() {
  return json_response(
      410,
      "{\"status\":\"deprecated\",\"error\":\"The Alertmanager v1 API was deprecated "
      "in version 0.16.0 and is removed; use /api/v2\"}\n");
}

HttpResponse receivers(const Settings& settings) {
  std::string body;
  JsonWriter json(body);
  json.open_array();
  for (const std::string& name : am_receivers(settings))
    json.open_object().field("name", name).close_object();
  json.close_array();
  body += '\n';
  return json_response(200, std::move(body));
}

}  // namespace

std::string am_config_text(const Settings& settings) {
  // A JSON string is a YAML string.
  std::string out =
      "route:\n  receiver: " + json_string(am_default_receiver(settings)) + "\nreceivers:\n";
  for (const std::string& name : am_receivers(settings))
    out += "- name: " + json_string(name) + "\n";
  return out;
}

HttpResponse AmApi::list(const Exchange& x, const SnapshotPtr& snapshot, bool groups) {
  std::string why;
  const auto filter = AmFilter::parse(x.query, why);
  if (!filter) return am_error(400, why);
  auto slot = std::make_shared<StreamSlot>(streams_);
  if (!slot->taken()) return busy("too many lists are being sent already");
  auto list =
      std::make_shared<AmList>(snapshot, reading_.engine().settings(), *filter,
                               groups ? AmList::Shape::groups : AmList::Shape::alerts, x.who.actor);
  HttpResponse r = json_response(200, "");
  r.more = [list, slot](std::string& chunk) { return list->next(chunk); };
  r.elsewhere = reading_.elsewhere();
  return r;
}

HttpResponse AmApi::status() const {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("cluster").open_object().field("status", "disabled");
  json.key("peers").open_array().close_array().close_object();
  json.key("config").open_object();
  json.field("original", am_config_text(*reading_.engine().settings())).close_object();
  json.field("uptime", rfc3339(started_));
  json.key("versionInfo").open_object().field("version", am_version);
  json.field("revision", "tocsin " + version_).field("branch", "tocsin");
  json.field("buildUser", "").field("buildDate", "").field("goVersion", "").close_object();
  json.close_object();
  body += '\n';
  return json_response(200, std::move(body));
}

void AmApi::add_routes(Router& router) {
  const Guard guard = Guard::needs(Permission::incident_read);
  const auto read = [&](std::string_view pattern, Render render) {
    router.add(HttpMethod::get, pattern, guard, reading_.handler(std::move(render)));
  };
  read("/api/v2/alerts",
       [this](const Exchange& x, const SnapshotPtr& s) { return list(x, s, false); });
  read("/api/v2/alerts/groups",
       [this](const Exchange& x, const SnapshotPtr& s) { return list(x, s, true); });
  const auto plain = [&](std::string_view pattern, std::function<HttpResponse()> answer) {
    router.add(HttpMethod::get, pattern, guard,
               [answer = std::move(answer)](const Exchange& x) { x.reply(answer()); });
  };
  plain("/api/v2/status", [this] { return status(); });
  plain("/api/v2/receivers", [this] { return receivers(*reading_.engine().settings()); });
  for (const char* old :
       {"alerts", "alerts/groups", "status", "receivers", "silences", "silence/{}"})
    for (const HttpMethod method : {HttpMethod::get, HttpMethod::post, HttpMethod::delete_})
      router.add(method, std::string("/api/v1/") + old, Guard::open(),
                 [](const Exchange& x) { x.reply(gone()); });
}

}  // namespace tocsin::api
