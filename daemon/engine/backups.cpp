#include "daemon/engine/backups.hpp"

#include <utility>

namespace tocsin {

void Backups::start(Journal& journal, std::string version, LogSink log,
                    std::function<Wall()> wall) {
  journal_ = &journal, version_ = std::move(version), log_ = std::move(log);
  wall_ = std::move(wall);
  thread_ = std::make_unique<WorkThread<std::function<void()>>>(
      [](std::function<void()>&& call) { call(); });
}

Offer Backups::ask(std::string folder) {
  std::lock_guard lock(mutex_);
  if (stop_) return Offer::stopping;
  if (last_.state == BackupState::running) return Offer::full;
  const Wall good_at = last_.good_at;
  last_ = {};
  last_.state = BackupState::running, last_.folder = std::move(folder);
  last_.started_at = wall_(), last_.good_at = good_at;
  wanted_ = true;
  return Offer::taken;
}
Engine::Backup Backups::last() const {
  std::lock_guard lock(mutex_);
  return last_;
}
bool Backups::wanted() const {
  std::lock_guard lock(mutex_);
  return wanted_;
}

FrozenStore Backups::moment(const State& state, std::shared_ptr<const Snapshot> snapshot) {
  FrozenStore store;
  store.frame = state.globals().seq, store.epoch = state.globals().epoch.value;
  store.snapshot = std::move(snapshot);
  store.taken_at = wall_();
  std::lock_guard lock(mutex_);
  wanted_ = false;
  return store;
}

void Backups::freeze(FrozenStore store) {
  std::string why;
  store.chain = journal_->chain_at(store.frame).value_or(0);
  store.folder = journal_->freeze(why);
  // A function is copied, a frozen store is shared with it.
  auto shared = std::make_shared<FrozenStore>(std::move(store));
  thread_->offer([this, shared, why] { write(std::move(*shared), why); });
}

void Backups::write(FrozenStore&& store, std::string why) {
  const std::string folder = last().folder;
  Manifest made;
  if (!store.folder.empty())
    why = create_backup(
        std::move(store), folder, version_, [this] { journal_->thaw(); }, stop_, made);
  const bool good = why.empty();
  if (log_)
    log_(good ? LogLevel::info : LogLevel::error, good ? "backup" : "backup_failed",
         folder + (good ? " of frame " + std::to_string(made.frame) : ": " + why));
  const Wall now = wall_();
  std::lock_guard lock(mutex_);
  last_.state = good ? BackupState::done : BackupState::failed;
  last_.ended_at = now, last_.message = why;
  if (!good) return;
  last_.frame = made.frame, last_.digest = made.digest.hex();
  last_.files = made.files.size(), last_.bytes = made.bytes();
  last_.good_at = now;
}

void Backups::stop() {
  stop_ = true;
  thread_->stop();
}

}  // namespace tocsin
