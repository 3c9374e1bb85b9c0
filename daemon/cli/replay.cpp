// Recorded events through another configuration. Reads the store of a daemon that runs, without
// its knowing, or of one that does not, or a copy.

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "config/inventory.hpp"
#include "config/load.hpp"
#include "config/text.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/replay_report.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "daemon/replay/read_store.hpp"
#include "daemon/replay/run.hpp"

namespace tocsin::cli {
namespace {

// A file of a running daemon's store may go away between its being named and its being opened.
constexpr int tries = 5;
constexpr auto pause = std::chrono::milliseconds(300);

StoreRecord read(const std::string& data, Span since) {
  StoreRecord out;
  std::error_code ignored;
  if (!std::filesystem::is_directory(data + "/db", ignored)) {
    out.wrong = data + " holds no store";
    return out;
  }
  for (int i = 0; i < tries; ++i) {
    if (i > 0) std::this_thread::sleep_for(pause);
    RocksOptions options;
    options.path = data;
    options.read_only = true;
    const auto journal = make_rocks_journal(std::move(options));
    out = read_store(*journal, since);
    if (out.wrong.empty()) break;
  }
  return out;
}

// `imported`: the CIs that the store was given by the API are part of both sides.
std::shared_ptr<const Settings> load(const std::string& path, const std::string& imported) {
  const Loaded loaded = load_file_with(path, imported);
  for (const Diagnostic& d : loaded.errors) complain(to_text(d));
  return loaded.errors.empty() ? loaded.settings : nullptr;
}

std::shared_ptr<const Settings> in_force(const ReplayOptions& options, const StoreRecord& store) {
  if (!options.against.empty()) return load(options.against, imported_section(store.config_text));
  const auto settings = load_stored(store.config_text).settings;
  if (!settings)
    complain(
        "the configuration of the store cannot be read by this version; give one with "
        "--against");
  return settings;
}

// Side by side: they share nothing but the record, which is only read.
void run_both(const Record& record, std::shared_ptr<const Settings> before,
              std::shared_ptr<const Settings> after, Outcome& was, Outcome& is) {
  std::atomic<std::uint64_t> done = 0;
  std::thread other([&] { was = run_record(record, std::move(before), done); });
  is = run_record(record, std::move(after), done);
  other.join();
}

}  // namespace

int replay(const ReplayOptions& options) {
  const auto since = config::parse_duration(options.since);
  if (!since || *since <= Span{})
    return complain("--since takes a duration such as 7d or 36h"), exit_usage;
  if (options.json && options.markdown)
    return complain("--json or --markdown, not both"), exit_usage;
  auto after = load(options.config, "");
  if (!after) return exit_usage;
  const StoreRecord store = read(options.data, *since);
  if (!store.wrong.empty()) return complain(store.wrong), exit_usage;
  if (const std::string imported = imported_section(store.config_text); !imported.empty())
    after = load(options.config, imported);
  if (!after) return exit_usage;
  const auto before = in_force(options, store);
  if (!before) return exit_usage;

  Outcome was, is;
  run_both(store.record, before, after, was, is);
  const Difference difference = compare(store.record, was, is);
  const ReplayReport report{
      store.record,
      was,
      is,
      difference,
      options.against.empty() ? "the configuration in force" : options.against,
      options.config,
      *since,
      options.limit.value_or(options.json ? 0 : ReplayOptions::lines)};
  print(options.json       ? replay_json(report)
        : options.markdown ? replay_markdown(report)
                           : replay_text(report));
  return options.exit_code && !difference.none() ? exit_no : exit_done;
}

}  // namespace tocsin::cli
