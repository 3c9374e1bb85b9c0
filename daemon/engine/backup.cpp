#include "daemon/engine/backup.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/engine/recover.hpp"
#include "daemon/engine/restore.hpp"
#include "daemon/journal/rocks_journal.hpp"

namespace tocsin {
namespace {

using store::File;
using store::ListedFile;
using store::UnfinishedFolder;

constexpr std::uintmax_t manifest_bytes_max = std::uintmax_t{256} << 20;

std::string cannot(const std::string& what, const std::string& path) {
  return "cannot " + what + " " + path + ": " + store::errno_text();
}

std::unique_ptr<Journal> reader_of(const std::string& folder, const JournalLog& log) {
  RocksOptions options;
  options.path = folder;
  options.log = log;
  options.read_only = true;
  return make_rocks_journal(std::move(options));
}

std::string write_manifest(const std::string& path, const Manifest& manifest) {
  const std::string text = encode(manifest);
  const File file = File::open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return cannot("make", path);
  if (::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return cannot("write", path);
  return ::fsync(file.fd()) == 0 ? "" : cannot("sync", path);
}

std::string read_manifest(const std::string& folder, Manifest& manifest) {
  const std::string path = folder + "/manifest";
  std::error_code error;
  if (std::filesystem::file_size(path, error) > manifest_bytes_max || error)
    return folder + " holds no backup";
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::string why;
  return decode(text, manifest, why) ? "" : folder + ": " + why;
}

// The files are those of the manifest, no more and no fewer. Copied on the way when `to` is given.
std::string check_files(const std::string& folder, const std::string& to, const Manifest& m) {
  std::string why;
  std::vector<std::string> found = store::list_files(folder, why), listed{"manifest"};
  for (const ListedFile& file : m.files) listed.push_back(file.name);
  std::sort(listed.begin(), listed.end());
  std::vector<std::string> odd;
  std::set_symmetric_difference(found.begin(), found.end(), listed.begin(), listed.end(),
                                std::back_inserter(odd));
  if (why.empty() && !odd.empty())
    why = std::binary_search(found.begin(), found.end(), odd[0])
              ? folder + "/" + odd[0] + " is not of this backup"
              : folder + "/" + odd[0] + " is missing";
  const std::atomic<bool> go_on = false;
  std::uint32_t chain = 0;
  for (const ListedFile& file : m.files) {
    if (!why.empty()) return why;
    why = store::check_file(folder + "/" + file.name, to.empty() ? "" : to + "/" + file.name, file,
                            chain, go_on);
  }
  return why;
}

// What the files fold to is what the daemon knew.
std::string check_state(Journal& journal, State& state, const Manifest& m, const CheckState& laws) {
  Checkpointer checkpointer;
  const Recovered found = recover(journal, state, checkpointer);
  if (!found.ok) return found.message;
  if (found.opened.trouble == OpenTrouble::loss) return found.opened.detail;
  if (found.opened.head != m.frame || found.opened.head_chain != m.chain)
    return "its log ends with frame " + std::to_string(found.opened.head) +
           ", the backup stands at frame " + std::to_string(m.frame);
  const StateDigest digest = digest_of(*state.snapshot(), &journal);
  if (digest != m.digest)
    return "its files fold to another state (" + digest.hex() + ") than the daemon had (" +
           m.digest.hex() + ")";
  return laws ? laws(state) : "";
}

std::string copy_store(const FrozenStore& frozen, const std::string& to, Manifest& made,
                       const std::atomic<bool>& stop) {
  std::string why;
  const std::vector<std::string> names = store::list_files(frozen.folder, why);
  if (!why.empty()) return why;
  if (!store::make_directory(to + "/db")) return cannot("make", to + "/db");
  std::uint32_t chain = 0;
  for (const std::string& name : names) {
    ListedFile file{name, 0, {}};
    why = store::copy_file(frozen.folder + "/" + name, to + "/" + name, file, chain, stop);
    if (!why.empty()) return why;
    made.files.push_back(std::move(file));
  }
  return store::sync_directory(to + "/db") ? "" : cannot("sync", to + "/db");
}

}  // namespace

std::string create_backup(FrozenStore frozen, const std::string& folder, const std::string& version,
                          const std::function<void()>& thaw, const std::atomic<bool>& stop,
                          Manifest& made) {
  made.version = version, made.taken_at = frozen.taken_at;
  made.frame = frozen.frame, made.epoch = frozen.epoch, made.chain = frozen.chain;
  // The rows first: the longer a snapshot is held, the more it keeps from being forgotten.
  add_live(made.digest, *frozen.snapshot);
  const Archive::View waiting = frozen.snapshot->archive;
  frozen.snapshot.reset();

  UnfinishedFolder unfinished(folder, ".partial");
  std::string why = unfinished.begin();
  if (why.empty()) why = copy_store(frozen, unfinished.path(), made, stop);
  thaw();
  if (!why.empty()) return why;

  const auto reader = reader_of(unfinished.path(), {});
  const OpenResult opened = reader->open();
  if (opened.trouble != OpenTrouble::none) return "the copy does not open: " + opened.detail;
  if (opened.head != made.frame || opened.head_chain != made.chain)
    return "the copy ends with frame " + std::to_string(opened.head) + ", not with " +
           std::to_string(made.frame);
  add_archive(made.digest, waiting, reader.get());
  reader->close();
  why = write_manifest(unfinished.path() + "/manifest", made);
  return why.empty() ? unfinished.finish() : why;
}

Checked verify_backup(const std::string& folder, const JournalLog& log, const CheckState& laws) {
  Checked out;
  out.wrong = read_manifest(folder, out.manifest);
  if (out.wrong.empty()) out.wrong = check_files(folder, "", out.manifest);
  if (!out.wrong.empty()) return out;
  const auto journal = reader_of(folder, log);
  State state;
  out.wrong = check_state(*journal, state, out.manifest, laws);
  out.head = state.globals().seq;
  journal->close();
  return out;
}

Checked restore_backup(const std::string& folder, const std::string& to, Wall now,
                       std::uint64_t random, const JournalLog& log, const CheckState& laws,
                       const std::function<void(std::string_view)>& step) {
  const auto at = [&](std::string_view what) {
    if (step) step(what);
  };
  Checked out;
  const auto no = [&](std::string why) { return out.wrong = std::move(why), out; };
  out.wrong = read_manifest(folder, out.manifest);
  if (!out.wrong.empty()) return out;
  const Manifest& m = out.manifest;
  UnfinishedFolder unfinished(to, ".restoring");
  if (std::string why = unfinished.begin(); !why.empty()) return no(why);
  at("begun");
  if (!store::make_directory(unfinished.path() + "/db")) return no(cannot("make", to + "/db"));
  if (std::string why = check_files(folder, unfinished.path(), m); !why.empty()) return no(why);
  if (!store::sync_directory(unfinished.path() + "/db")) return no(cannot("sync", to + "/db"));
  at("copied");

  RocksOptions options;
  options.path = unfinished.path(), options.log = log;
  const auto journal = make_rocks_journal(std::move(options));
  State state;
  std::string why = check_state(*journal, state, m, laws);
  at("checked");
  if (why.empty()) {
    const RestoreFrame frame = restore_frame(state, {random | 1, m.frame, m.taken_at, now});
    const Append outcome = journal->append(frame.seq, frame.epoch, random, frame.payload);
    if (outcome != Append::ok)
      why = "the frame that pauses paging could not be written: " + std::string(name(outcome));
    out.head = frame.seq;
  }
  at("paused");
  journal->close();
  if (!why.empty()) return no(why);
  at("closed");
  out.wrong = unfinished.finish();
  at("finished");
  return out;
}

}  // namespace tocsin
