#include "tests/store/life.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "daemon/journal/bytes.hpp"
#include "daemon/journal/crc32c.hpp"

namespace tocsin::testing {
namespace {

// Everything small, everything trimmed as soon as it may be: much happens in few frames.
RocksOptions tiny(const std::string& folder, std::shared_ptr<std::string> said) {
  RocksOptions options;
  options.path = folder;
  options.log = [said](int, std::string_view line) {
    static std::mutex one;
    const std::lock_guard hold(one);
    said->append("\n  the store said: ").append(line);
  };
  options.witness_every = std::chrono::milliseconds(1);
  options.space = {1 << 20, 1, 1 << 20, 64 << 10, 64 << 10};
  options.retain_bytes = 0;
  options.log_buffer_bytes = 64 << 10;
  options.checkpoint_file_bytes = 16 << 10;
  return options;
}

void expect(bool ok, const std::string& otherwise) {
  if (!ok) throw std::runtime_error(otherwise);
}

std::string text(std::uint64_t n) {
  return std::to_string(n);
}

}  // namespace

Life::Life(std::string folder, History& history, std::uint64_t seed, Noted noted)
    : folder_(std::move(folder)),
      history_(history),
      random_(seed),
      noted_(std::move(noted)),
      journal_(make_rocks_journal(tiny(folder_, said_))) {
  ++history_.epoch;
}

Life::~Life() {
  if (checkpoint_.joinable()) checkpoint_.join();
}

// ---- judging

Opened Life::open_and_judge(Disk disk, std::uint64_t witnessed) {
  const OpenResult opened = journal_->open();
  marker_ = opened.marker;
  rows_ = fold_until(history_, marker_.seq);
  Opened outcome = Opened::well;
  if (disk == Disk::honest)
    judge_head(opened);
  else
    outcome = judge_loss(opened, witnessed);
  judge_rows();
  judge_frames(opened, disk);
  tell([&] { adopt(opened); });
  return outcome;
}

void Life::judge_head(const OpenResult& opened) const {
  const Progress p = history_.progress();
  expect(opened.trouble == OpenTrouble::none, "it opens with trouble: " + opened.detail);
  expect(opened.head >= p.acked,
         "frame " + text(p.acked) + " was acknowledged, the log ends at " + text(opened.head));
  expect(opened.head <= p.begun, "frame " + text(opened.head) + " was never written");
  expect(opened.marker.seq >= p.installed, "checkpoint " + text(p.installed) +
                                               " was installed, the one found is " +
                                               text(opened.marker.seq));
  expect(opened.marker.seq <= std::max(p.installing, p.installed),
         "checkpoint " + text(opened.marker.seq) + " was never written");
  expect(opened.marker.seq <= opened.head, "the checkpoint is ahead of the log");
}

Opened Life::judge_loss(const OpenResult& opened, std::uint64_t witnessed) {
  const Progress p = history_.progress();
  if (opened.trouble == OpenTrouble::none) {
    expect(opened.head >= witnessed, "the witness knows frame " + text(witnessed) +
                                         ", the log ends at " + text(opened.head) +
                                         " and no loss is declared");
    return opened.head < p.acked ? Opened::loss_unnoticed : Opened::well;
  }
  expect(opened.trouble == OpenTrouble::loss, "it does not open: " + opened.detail);
  expect(opened.lost_from <= opened.lost_to && opened.next_seq > opened.lost_to,
         "a loss of nothing: " + opened.detail);
  expect(opened.next_seq > witnessed, "frame " + text(opened.next_seq) + " is given twice");
  if (opened.head < witnessed)
    expect(opened.lost_from <= opened.head + 1 && opened.lost_to >= witnessed,
           "lost are " + text(opened.head + 1) + " to " + text(witnessed) +
               ", declared another range: " + opened.detail);
  return Opened::loss_declared;
}

void Life::judge_rows() const {
  if (marker_.seq > 0)
    expect(marker_.body == "body of " + text(marker_.seq), "the marker has another body");
  Fold left = rows_;
  journal_->scan_rows("", [&](std::string_view key, std::string_view value) {
    const std::string number(key.substr(key.find('/') + 1));
    const std::size_t row = std::stoul(number);
    expect(row < Fold::rows && left.value(row) == value,
           "row " + number + " is not as at frame " + text(marker_.seq));
    left.owner[row] = {};
    return true;
  });
  expect(left == Fold{}, "rows of the checkpoint at " + text(marker_.seq) + " are missing");
}

// On a disk that lies the frames before the checkpoint may be gone.
void Life::judge_frames(const OpenResult& opened, Disk disk) const {
  std::uint64_t first = 0, last = 0;
  const bool whole = journal_->read_frames(
      disk == Disk::honest ? 0 : marker_.seq + 1, [&](const FrameRecord& frame) {
        if (first == 0) first = frame.seq;
        expect(disk != Disk::honest || last == 0 || frame.seq == last + 1, "a gap in the log");
        last = frame.seq;
        expect(frame.epoch == history_.epochs[last] && frame.uid == frame_uid(last, frame.epoch) &&
                   frame.payload == frame_payload(last, frame.epoch),
               "frame " + text(last) + " is not the one that was written");
        return true;
      });
  expect(whole, "the log cannot be read to its end");
  if (disk != Disk::honest) return;
  expect(last == opened.head, "the log ends at " + text(last) + ", not " + text(opened.head));
  expect(opened.head == 0 || first <= marker_.trimmed_to + 1,
         "the log begins at " + text(first) + ", trimmed up to " + text(marker_.trimmed_to));
}

// What is there counts from now on, and what is not there never will.
void Life::adopt(const OpenResult& opened) {
  for (std::uint64_t seq = opened.head + 1; seq < opened.next_seq; ++seq) history_.epochs[seq] = 0;
  next_ = opened.trouble == OpenTrouble::loss ? opened.next_seq : opened.head + 1;
  history_.set({opened.head, opened.head, marker_.seq, marker_.seq});
}

// ---- working

void Life::tell(const std::function<void()>& change) {
  const std::lock_guard hold(noting_);
  change();
  noted_();
}

void Life::work(std::uint64_t steps) {
  for (; steps > 0 && next_ < History::frames_max; --steps) {
    const std::int64_t what = random_.below(100);
    if (what < 6)
      begin_checkpoint();
    else if (what < 7)
      freeze();
    else
      append();
    if (checkpoint_.joinable() && random_.percent(10)) end_checkpoint();
  }
  end_checkpoint();
  if (random_.percent(20)) journal_->close();
}

void Life::append() {
  const std::uint64_t seq = next_, epoch = history_.epoch;
  history_.epochs[seq] = static_cast<std::uint32_t>(epoch);
  tell([&] { history_.begun = seq; });
  const Append outcome =
      journal_->append(seq, epoch, frame_uid(seq, epoch), frame_payload(seq, epoch));
  expect(outcome == Append::ok,
         "append of " + text(seq) + ": " + std::string(name(outcome)) + *said_);
  tell([&] { history_.acked = seq; });
  ++next_;
  ++frames;
}

void Life::freeze() {
  std::string why;
  const bool frozen = !journal_->freeze(why).empty();
  expect(frozen || !why.empty(), "no second name, and nobody says why");
  if (random_.percent(50)) journal_->thaw();
}

void Life::begin_checkpoint() {
  end_checkpoint();
  const std::uint64_t from = std::max<std::uint64_t>(marker_.seq, 1);
  if (history_.acked < from) return;
  std::uint64_t seq = history_.acked;
  if (random_.percent(30))
    seq =
        from + static_cast<std::uint64_t>(random_.below(static_cast<std::int64_t>(seq - from + 1)));
  if (!journal_->chain_at(seq)) return;  // lost: no checkpoint is taken there
  checkpoint_ = std::thread([this, seq] {
    try {
      install(seq);
    } catch (const std::exception& error) {
      checkpoint_trouble_ = error.what();
    }
  });
}

void Life::install(std::uint64_t seq) {
  const Fold next = fold_until(history_, seq);
  Marker marker;
  marker.seq = seq;
  marker.chain = journal_->chain_at(seq).value();
  marker.body = "body of " + text(seq);
  const bool again = seq == marker_.seq;
  marker.previous = again ? marker_.previous : marker_.seq;
  marker.trimmed_to = again ? marker_.trimmed_to : marker_.seq;
  tell([&] { history_.installing = seq; });
  std::size_t row = 0;
  std::string key;
  std::optional<std::string> value;
  const Install outcome = journal_->install(
      [&]() -> std::optional<RowChange> {
        while (row < Fold::rows && next.owner[row] == rows_.owner[row]) ++row;
        if (row == Fold::rows) return {};
        key = Fold::key(row);
        value = next.value(row++);
        return RowChange{key, value ? std::optional<std::string_view>(*value) : std::nullopt};
      },
      marker);
  expect(outcome == Install::installed,
         "the checkpoint at " + text(seq) + " was not installed" + *said_);
  tell([&] { history_.installed = seq; });
  marker_ = marker;
  rows_ = next;
  ++checkpoints;
}

void Life::end_checkpoint() {
  if (checkpoint_.joinable()) checkpoint_.join();
  expect(checkpoint_trouble_.empty(), checkpoint_trouble_);
}

// ---- docs/store.md, "Witness"

std::uint64_t witness_of(const std::string& folder) {
  std::ifstream file(folder + "/witness", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  std::uint64_t newest = 0, acked = 0;
  for (const std::size_t at : {0, 4096}) {
    if (all.size() < at + 4096) break;
    const std::string_view slot = std::string_view(all).substr(at, 40);
    if (store::get_le<std::uint32_t>(slot, 36) != store::crc32c(0, slot.substr(0, 36))) continue;
    const auto generation = store::get_le<std::uint64_t>(slot, 8);
    if (generation < newest) continue;
    newest = generation;
    acked = store::get_le<std::uint64_t>(slot, 16);
  }
  return acked;
}

}  // namespace tocsin::testing
