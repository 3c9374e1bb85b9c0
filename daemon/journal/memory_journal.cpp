#include "daemon/journal/memory_journal.hpp"

#include <algorithm>
#include <vector>

namespace tocsin {

using namespace store;

namespace {

LogFrame view(std::uint64_t seq, const MemoryFrame& frame) {
  return {{seq, frame.epoch, frame.uid, frame.chain, *frame.payload}, frame.link, frame.previous};
}

}  // namespace

MemoryJournal::~MemoryJournal() {
  close();
}

OpenResult MemoryJournal::open() {
  const std::lock_guard hold(mutex_);
  if (store_.locked) {
    OpenResult refused;
    refused.trouble = OpenTrouble::locked;
    refused.detail = "the memory store is in use by another journal";
    return refused;
  }
  store_.locked = open_ = true;

  auto& frames = store_.frames;
  Recovery recovery(store_.marker, store_.witness);
  auto after = frames.upper_bound(store_.marker.seq);
  if (after != frames.begin()) {
    const auto before = std::prev(after);
    recovery.take_before(view(before->first, before->second));
  }
  if (!frames.empty()) recovery.last_seen(frames.rbegin()->first);
  for (; after != frames.end(); ++after)
    if (!recovery.take(view(after->first, after->second))) break;

  const OpenResult result = recovery.verdict();
  if (result.trouble == OpenTrouble::loss) {
    store_.witness = Witness{{result.next_seq - 1, 0}, result.lost_from};
    frames.erase(frames.lower_bound(recovery.cut_from()), frames.end());
  }
  head_ = Head(result, recovery.link_after_loss());
  return result;
}

Append MemoryJournal::append(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                             std::string_view payload) {
  const std::lock_guard hold(mutex_);
  const auto find = [&](std::uint64_t n, const std::function<void(const FrameRecord&)>& with) {
    const auto it = store_.frames.find(n);
    if (it == store_.frames.end()) return false;
    with(view(n, it->second).record);
    return true;
  };
  if (const auto answer = head_.answer(seq, epoch, uid, payload, find)) return *answer;
  if (store_.room == Room::none) return Append::unavailable;

  const LogFrame frame = head_.next_frame(epoch, uid, payload);
  store_.frames.emplace_hint(store_.frames.end(), seq,
                             MemoryFrame{epoch, uid, frame.record.chain, frame.link, frame.previous,
                                         std::make_shared<const std::string>(payload)});
  head_.advance(frame);
  store_.witness = Witness{head_.point(), 0};
  return Append::ok;
}

bool MemoryJournal::read_frames(std::uint64_t from,
                                const std::function<bool(const FrameRecord&)>& each) {
  std::uint64_t next = std::max<std::uint64_t>(from, 1);
  std::optional<Point> last;
  std::unique_lock hold(mutex_);
  const std::uint64_t end = head_.point().seq;
  while (next <= end) {
    const auto it = store_.frames.lower_bound(next);
    if (it == store_.frames.end()) return false;
    const MemoryFrame copy = it->second;
    const LogFrame frame = view(it->first, copy);
    if (last ? !follows(*last, frame) : !starts_at(from, frame)) return false;
    hold.unlock();
    if (!each(frame.record)) return true;
    last = Point{frame.record.seq, frame.record.chain};
    next = last->seq + 1;
    hold.lock();
  }
  return true;
}

bool MemoryJournal::may_install(const Marker& marker) const {
  if (marker.seq < store_.marker.seq || marker.seq > head_.point().seq) return false;
  const std::optional<std::uint32_t> chain = chain_of_frame(marker.seq);
  return !chain || *chain == marker.chain;
}

Install MemoryJournal::install(const RowSource& rows, const Marker& marker) {
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;
  while (const auto change = rows()) {
    const bool ascending = changes.empty() || changes.back().first < change->key;
    if (!ascending || !is_row_key(change->key)) return Install::failed;
    changes.emplace_back(change->key, change->value);
  }
  const std::lock_guard hold(mutex_);
  if (!open_) return Install::stopping;
  if (!may_install(marker)) return Install::failed;
  for (auto& [key, value] : changes) {
    if (value)
      store_.rows.insert_or_assign(std::move(key), std::move(*value));
    else
      store_.rows.erase(key);
  }
  const std::uint64_t trim = std::min(marker.trimmed_to, store_.marker.seq);
  store_.marker = marker;
  store_.frames.erase(store_.frames.begin(), store_.frames.upper_bound(trim));
  return Install::installed;
}

std::optional<std::uint32_t> MemoryJournal::chain_of_frame(std::uint64_t seq) const {
  if (seq == store_.marker.seq) return store_.marker.chain;
  const auto it = store_.frames.find(seq);
  if (it == store_.frames.end()) return {};
  return it->second.chain;
}

std::optional<std::uint32_t> MemoryJournal::chain_at(std::uint64_t seq) {
  const std::lock_guard hold(mutex_);
  return chain_of_frame(seq);
}

void MemoryJournal::scan_rows(
    std::string_view prefix,
    const std::function<bool(std::string_view key, std::string_view value)>& each) {
  std::unique_lock hold(mutex_);
  for (auto it = store_.rows.lower_bound(prefix);
       it != store_.rows.end() && it->first.starts_with(prefix);) {
    const std::string key = it->first;
    const std::string value = it->second;
    hold.unlock();
    if (!each(key, value)) return;
    hold.lock();
    it = store_.rows.upper_bound(key);
  }
}

std::optional<std::string> MemoryJournal::row(std::string_view key) {
  const std::lock_guard hold(mutex_);
  const auto it = store_.rows.find(key);
  if (it == store_.rows.end()) return {};
  return it->second;
}

Room MemoryJournal::room() {
  const std::lock_guard hold(mutex_);
  return store_.room;
}

void MemoryJournal::close() {
  const std::lock_guard hold(mutex_);
  if (open_) store_.locked = false;
  open_ = false;
}

}  // namespace tocsin
