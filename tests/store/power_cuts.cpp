// The power goes at any change of any file, again and again, also while the store recovers from the
// cut before. What the disk then holds is drawn (disk.hpp), and the journal is opened on it.
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "tests/store/calls.hpp"
#include "tests/store/life.hpp"
#include "tests/store/trial.hpp"

namespace tocsin::testing {
namespace {

namespace fs = std::filesystem;

constexpr int cuts_per_world = 40;

struct Record {
  std::vector<Change> changes;
  std::vector<Progress> notes;  // what the marks in it stand for
};

class World {
 public:
  World(std::uint64_t seed, std::string folder, bool lying, Counts& counts)
      : folder_(std::move(folder)), counts_(counts), random_(seed) {
    // The disk begins to lie in the middle: there is something to lose.
    honest_cuts_ = lying ? random_.below(cuts_per_world) : cuts_per_world;
  }

  void run() {
    Record record;
    for (int n = 0; n < cuts_per_world; ++n) {
      const Progress before = history_->progress();
      try {
        record = live();
      } catch (const std::exception&) {
        keep(record);
        throw;
      }
      cut(record, before, n < honest_cuts_ ? Disk::honest : Disk::lies_about_logs);
      ++counts_.ends;
    }
  }

 private:
  Record live() {
    const std::string place = folder_ + "/store";
    fs::remove_all(place);
    fs::create_directories(place);
    lay_out(disk_, place);
    const std::uint64_t witnessed = witness_of(place);
    Record record;
    record_changes(place, disk_);
    {
      const std::uint64_t seed = random_.next();
      Life life(place, *history_, seed, [&] {
        note(record.notes.size());
        record.notes.push_back(history_->progress());
      });
      const Opened opened =
          life.open_and_judge(lied_ ? Disk::lies_about_logs : Disk::honest, witnessed);
      counts_.losses_declared += opened == Opened::loss_declared;
      counts_.losses_unnoticed += opened == Opened::loss_unnoticed;
      life.work(static_cast<std::uint64_t>(random_.below(80)));
      record.changes = stop_recording();
      counts_.frames += life.frames;
      counts_.checkpoints += life.checkpoints;
      ++counts_.lives;
    }
    return record;
  }

  void cut(const Record& record, Progress progress, Disk disk) {
    Cut cut;
    cut.at = record.changes.size();
    if (!random_.percent(5))
      cut.at = static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(cut.at) + 1));
    cut_at_ = cut.at;
    cut.seed = random_.next();
    cut.disk = disk;
    lied_ = lied_ || disk != Disk::honest;
    for (std::size_t i = 0; i < cut.at; ++i)
      if (record.changes[i].kind == Change::Kind::note)
        progress = record.notes[record.changes[i].at];
    history_->set(progress);
    disk_ = after_cut(std::move(disk_), record.changes, cut);
  }

  // For whoever looks into a finding: what had been done before the cut, and what was left of it.
  void keep(const Record& record) const {
    fs::create_directories(folder_ + "/left");
    lay_out(disk_, folder_ + "/left");
    std::ofstream out(folder_ + "/changes");
    for (std::size_t i = 0; i < record.changes.size(); ++i) {
      if (i == cut_at_) out << "---- cut\n";
      out << i << ' ' << describe(record.changes[i]);
      if (record.changes[i].kind == Change::Kind::note) {
        const Progress& p = record.notes[record.changes[i].at];
        out << " frame " << p.begun << " begun, " << p.acked << " acknowledged, checkpoint "
            << p.installing << " begun, " << p.installed << " installed";
      }
      out << '\n';
    }
  }

  const std::string folder_;
  Counts& counts_;
  sim::Random random_;
  std::int64_t honest_cuts_ = 0;
  bool lied_ = false;
  std::size_t cut_at_ = 0;  // of the last record
  Image disk_;
  const std::unique_ptr<History> history_ = std::make_unique<History>();
};

}  // namespace

void try_power_cuts(const Trial& trial, Counts& counts, bool lying) {
  run_worlds(trial, counts, [&](std::uint64_t number) {
    const std::uint64_t seed = trial.seed * 1'000'000 + number;
    const std::string folder = trial.folder + "/cuts-" + std::to_string(seed);
    const bool well = in_child(counts, folder, [&] { World(seed, folder, lying, counts).run(); });
    if (well) fs::remove_all(folder);
  });
}

}  // namespace tocsin::testing
