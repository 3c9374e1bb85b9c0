#include "daemon/api/v1_backups.hpp"

#include <algorithm>

#include "daemon/api/json_in.hpp"
#include "daemon/api/records.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t path_bytes_max = 4000;

void write_backup(JsonWriter& json, const Engine::Backup& b) {
  json.key("backup").open_object().field("state", name(b.state)).field("folder", b.folder);
  write_time(json, "started_at", b.started_at);
  write_time(json, "ended_at", b.ended_at);
  if (b.state == BackupState::done) {
    json.field("frame", b.frame).field("digest", b.digest);
    json.field("files", b.files).field("bytes", b.bytes);
  }
  json.field_if("message", b.message).close_object();
}

HttpResponse show(const Engine& engine, int status) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  write_backup(json, engine.backup());
  json.close_object();
  return json_response(status, std::move(body));
}

bool plain(const std::string& path) {
  return std::none_of(path.begin(), path.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

void start(Engine& engine, const Exchange& x) {
  ErrorFields wrong;
  const auto body = read_json(x, {"folder"}, wrong);
  if (!body) return;
  const std::string folder = body->text("folder");
  if (!folder.starts_with('/') || folder.size() > path_bytes_max || !plain(folder))
    wrong.emplace_back("folder", "is an absolute path on the machine of the daemon");
  if (refused(x, wrong)) return;
  if (engine.back_up(folder) == Offer::taken) return x.reply(show(engine, 202));
  x.reply(own_error(409, "busy", "another backup is being made, or the daemon is stopping"));
}

}  // namespace

void add_backups(Router& router, Reading& reading) {
  Engine& engine = reading.engine();
  router.add(HttpMethod::post, "/v1/backups", Guard::needs(Permission::backup_create),
             [&engine](const Exchange& x) { start(engine, x); });
  router.add(HttpMethod::get, "/v1/backups", Guard::needs(Permission::backup_create),
             [&engine](const Exchange& x) { x.reply(show(engine, 200)); });
}

}  // namespace tocsin::api
