#include "daemon/journal/witness.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/journal/bytes.hpp"
#include "daemon/journal/crc32c.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::store {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::string_view magic = "TOCSINW1";
constexpr std::size_t checked_bytes = 36;  // of a slot, in front of its checksum

struct Slot {
  std::uint64_t generation = 0;
  Witness witness;
};

std::string encode(std::uint64_t generation, const Witness& witness) {
  std::string slot(magic);
  put_le(slot, generation);
  put_le(slot, witness.acked.seq);
  put_le(slot, witness.lost_from);
  put_le(slot, witness.acked.chain);
  put_le(slot, crc32c(0, slot));
  slot.resize(slot_bytes);
  return slot;
}

std::optional<Slot> parse(std::string_view slot) {
  if (slot.size() < slot_bytes || !slot.starts_with(magic)) return {};
  if (get_le<std::uint32_t>(slot, checked_bytes) != crc32c(0, slot.substr(0, checked_bytes)))
    return {};
  const Point acked{get_le<std::uint64_t>(slot, 16), get_le<std::uint32_t>(slot, 32)};
  return Slot{get_le<std::uint64_t>(slot, 8), {acked, get_le<std::uint64_t>(slot, 24)}};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

WitnessFile::WitnessFile(std::string path, std::chrono::milliseconds every, JournalLog log)
    : path_(std::move(path)), every_(every), log_(std::move(log)) {}

WitnessFile::~WitnessFile() {
  stop();
}

std::optional<Witness> WitnessFile::open() {
  file_ = File::open(path_, O_RDWR | O_CREAT);
  if (!file_) {
    log_(log_level::warning, "cannot open the witness " + path_ + ": " + errno_text());
    return {};
  }
  std::string both(2 * slot_bytes, '\0');
  const ssize_t size = ::pread(file_.fd(), both.data(), both.size(), 0);
  if (size == 0) {  // new: its blocks are claimed now, so that a full disk cannot stop it later
    const bool made =
        ::pwrite(file_.fd(), both.data(), both.size(), 0) == static_cast<ssize_t>(both.size()) &&
        ::fsync(file_.fd()) == 0 && sync_directory(directory_of(path_));
    if (!made) log_(log_level::warning, "cannot make the witness " + path_ + ": " + errno_text());
    return {};
  }
  const std::optional<Slot> even = parse(std::string_view(both).substr(0, slot_bytes));
  const std::optional<Slot> odd = parse(std::string_view(both).substr(slot_bytes));
  const Slot newest =
      std::max(even.value_or(Slot{}), odd.value_or(Slot{}),
               [](const Slot& a, const Slot& b) { return a.generation < b.generation; });
  generation_ = newest.generation;
  if (even || odd) return newest.witness;
  const bool blank = both.find_first_not_of('\0') == std::string::npos;
  if (!blank) log_(log_level::warning, "the witness " + path_ + " holds nothing readable");
  return {};
}

void WitnessFile::acknowledged(const Point& head) {
  if (planted("witness_not_told")) return;
  {
    const std::lock_guard hold(mutex_);
    outstanding_ = Witness{head, 0};
    if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_one();
}

void WitnessFile::declare_loss(const Witness& witness) {
  write(witness);
}

void WitnessFile::close() {
  stop();
  if (outstanding_) write(*outstanding_);
  outstanding_.reset();
  file_.close();
}

void WitnessFile::run() {
  std::unique_lock hold(mutex_);
  while (!stopping_) {
    changed_.wait(hold, [this] { return stopping_ || outstanding_; });
    if (stopping_) return;
    const Witness now = *outstanding_;
    outstanding_.reset();
    hold.unlock();
    const bool written = write(now);
    hold.lock();
    if (!written && !outstanding_) outstanding_ = now;
    changed_.wait_for(hold, every_, [this] { return stopping_; });
  }
}

void WitnessFile::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool WitnessFile::write(const Witness& witness) {
  // After a failed sync the same descriptor may claim success for pages that are lost: a new one.
  if (failing_ || !file_) file_ = File::open(path_, O_RDWR | O_CREAT);
  const std::uint64_t generation = generation_ + 1;
  const std::string slot = encode(generation, witness);
  const auto at = static_cast<off_t>(generation % 2 * slot_bytes);
  const bool written =
      file_ &&
      ::pwrite(file_.fd(), slot.data(), slot.size(), at) == static_cast<ssize_t>(slot.size()) &&
      ::fdatasync(file_.fd()) == 0;
  if (written)
    generation_ = generation;
  else if (!failing_)
    log_(log_level::error, "cannot write the witness " + path_ + ": " + errno_text());
  failing_ = !written;
  return written;
}

}  // namespace tocsin::store
