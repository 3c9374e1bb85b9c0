// Backups by hand: create asks the daemon; verify and restore need none.

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "config/load.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/engine/backup.hpp"
#include "rules/invariants.hpp"

namespace tocsin::cli {
namespace {

constexpr auto look_every = std::chrono::milliseconds(100);

void tell(int level, std::string_view line) {
  if (level >= log_level::error) complain(std::string(line));
}

std::string broken_laws(const State& state) {
  if (state.globals().config_hash.empty()) return "";
  const Loaded stored = load_stored(state.config_text());
  if (!stored.settings) return "the stored configuration cannot be read by this version";
  const auto broken = broken_law(state, *stored.settings);
  return broken ? "the state breaks a law: " + *broken : "";
}

Wall wall_now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

std::string about(std::uint64_t frame, std::uint64_t files, std::uint64_t bytes,
                  const std::string& digest) {
  return "frame " + std::to_string(frame) + ", " + std::to_string(files) + " files, " +
         std::to_string(bytes) + " bytes, digest " + digest;
}

int report(const BackupOptions& options, const Checked& checked, const std::string& good) {
  const Manifest& m = checked.manifest;
  if (options.json) {
    std::string out;
    api::JsonWriter json(out);
    json.open_object().field("ok", checked.wrong.empty()).field("message", checked.wrong);
    json.field("frame", m.frame).field("taken_at", api::rfc3339(m.taken_at));
    json.field("version", m.version).field("files", m.files.size()).field("bytes", m.bytes());
    json.field("digest", m.digest.hex()).close_object();
    print(out + "\n");
  } else if (checked.wrong.empty()) {
    print(good + "\n");
  } else {
    complain(checked.wrong);
  }
  return checked.wrong.empty() ? exit_done : exit_no;
}

}  // namespace

int create_backup(const BackupOptions& options) {
  std::error_code error;
  const std::string folder =
      std::filesystem::absolute(options.folder, error).lexically_normal().string();
  std::string body;
  api::JsonWriter(body).open_object().field("folder", folder).close_object();
  Client client(options.url);
  ClientAnswer answer = client.post("/v1/backups", body);
  for (;;) {
    if (!answer.good()) return failed(client, answer, options.json);
    const auto reply = JsonView::parse(answer.body);
    if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
    const JsonView backup = (*reply)["backup"];
    const std::string state = backup["state"].text();
    if (backup["folder"].text() != folder)
      return complain("another backup was started meanwhile"), exit_no;
    if (state != "running") {
      const bool done = state == "done";
      if (options.json)
        print(answer.body + "\n");
      else if (done)
        print("backup of frame " + backup["frame"].text() + " in " + printable(folder) + ": " +
              backup["files"].text() + " files, " + backup["bytes"].text() + " bytes, digest " +
              backup["digest"].text() + "\n");
      else
        complain("no backup: " + printable(backup["message"].text()));
      return done ? exit_done : exit_no;
    }
    std::this_thread::sleep_for(look_every);
    answer = client.get("/v1/backups", {});
  }
}

int verify_backup(const BackupOptions& options) {
  const Checked checked = tocsin::verify_backup(options.folder, tell, broken_laws);
  const Manifest& m = checked.manifest;
  return report(options, checked,
                "good: backup of " + api::rfc3339(m.taken_at) + ", " +
                    about(m.frame, m.files.size(), m.bytes(), m.digest.hex()));
}

int restore_backup(const BackupOptions& options) {
  std::random_device random;
  const std::uint64_t bits = std::uint64_t{random()} << 32 | random();
  const std::string to = std::filesystem::path(options.to + "/").parent_path().string();
  const Checked checked =
      tocsin::restore_backup(options.folder, to, wall_now(), bits, tell, broken_laws);
  const Manifest& m = checked.manifest;
  return report(options, checked,
                to + " is the store of " + api::rfc3339(m.taken_at) + ", " +
                    about(m.frame, m.files.size(), m.bytes(), m.digest.hex()) +
                    "\npaging is paused: start the daemon on it, look at `tocsin status`, and let "
                    "it page with `tocsin resume`");
}

}  // namespace tocsin::cli
