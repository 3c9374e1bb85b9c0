#pragma once
// One life of the production journal on a folder: opens, is judged, works at random. It may end at
// any moment, by a kill or because the power went; the next life is judged by what this one had
// acknowledged. One thread; the checkpoints have their own, as in the daemon.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/journal/journal.hpp"
#include "daemon/journal/rocks_journal.hpp"
#include "tests/simulation/random.hpp"
#include "tests/store/disk.hpp"
#include "tests/store/history.hpp"

namespace tocsin::testing {

// On a disk that lies frames may be gone that the witness did not know of yet.
enum class Opened { well, loss_declared, loss_unnoticed };

class Life {
 public:
  using Noted = std::function<void()>;  // the history has changed

  Life(
      std::string folder, History& history, std::uint64_t seed, Noted noted = [] {});
  ~Life();

  // Throws std::runtime_error with a sentence for the finding. `witnessed`: what the witness on the
  // disk remembers; asked of lying disks only.
  Opened open_and_judge(Disk disk = Disk::honest, std::uint64_t witnessed = 0);

  // So many frames, checkpoints between them, sometimes a clean end.
  void work(std::uint64_t steps);

  std::uint64_t frames = 0, checkpoints = 0;

 private:
  void judge_head(const OpenResult& opened) const;
  Opened judge_loss(const OpenResult& opened, std::uint64_t witnessed);
  void judge_rows() const;
  void judge_frames(const OpenResult& opened, Disk disk) const;
  void adopt(const OpenResult& opened);
  void tell(const std::function<void()>& change);
  void append();
  void freeze();
  void begin_checkpoint();
  void install(std::uint64_t seq);
  void end_checkpoint();

  const std::string folder_;
  History& history_;
  sim::Random random_;
  const Noted noted_;
  std::mutex noting_;
  const std::shared_ptr<std::string> said_ = std::make_shared<std::string>();
  const std::unique_ptr<Journal> journal_;
  std::uint64_t next_ = 1;
  Marker marker_;  // of the checkpoint's thread while it runs, as is the next one
  Fold rows_;      // at the marker
  std::thread checkpoint_;
  std::string checkpoint_trouble_;
};

// The frame that the witness in a folder remembers; 0: none, or not readable.
std::uint64_t witness_of(const std::string& folder);

}  // namespace tocsin::testing
