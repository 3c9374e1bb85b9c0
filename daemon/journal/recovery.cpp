#include "daemon/journal/recovery.hpp"

#include <algorithm>

namespace tocsin::store {
namespace {

std::string range(std::uint64_t from, std::uint64_t to) {
  if (from == to) return "frame " + std::to_string(from);
  return "frames " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

Recovery::Recovery(const Marker& marker, const std::optional<Witness>& witness)
    : marker_(marker), witness_(witness), head_{marker.seq, marker.chain} {
  if (witness_ && witness_->acked.seq == marker_.seq) witnessed_ = marker_.chain;
}

void Recovery::take_before(const LogFrame& frame) {
  before_ = frame.record.seq;
  epoch_ = frame.record.epoch;
  last_seen(before_);
  if (before_ == marker_.seq && frame.record.chain != marker_.chain) marker_refuted_ = true;
}

bool Recovery::take(const LogFrame& frame) {
  last_seen(frame.record.seq);
  if (marker_refuted_ || !broken_.empty()) return false;
  if (!follows(head_, frame)) {
    broken_ = "frame " + std::to_string(frame.record.seq) + " does not continue frame " +
              std::to_string(head_.seq);
    return false;
  }
  head_ = {frame.record.seq, frame.record.chain};
  epoch_ = frame.record.epoch;
  after_ = true;
  if (witness_ && witness_->acked.seq == head_.seq) witnessed_ = head_.chain;
  return true;
}

void Recovery::broken(std::string why) {
  if (broken_.empty()) broken_ = std::move(why);
}

void Recovery::last_seen(std::uint64_t seq) {
  last_ = std::max(last_, seq);
}

Link Recovery::link_after_loss() const {
  const bool bare = marker_refuted_ || (before_ < marker_.seq && !after_);
  return bare ? Link::loss_checkpoint : Link::loss;
}

std::uint64_t Recovery::cut_from() const {
  return marker_refuted_ ? marker_.seq : head_.seq + 1;
}

void Recovery::lost(OpenResult& result, std::uint64_t from, std::uint64_t to,
                    std::string why) const {
  to = std::max(from, to);
  if (result.trouble == OpenTrouble::loss) {
    from = std::min(from, result.lost_from);
    to = std::max(to, result.lost_to);
    why = result.detail + "; " + why;
  }
  result.trouble = OpenTrouble::loss;
  result.lost_from = from;
  result.lost_to = to;
  result.detail = std::move(why);
}

OpenResult Recovery::verdict() const {
  OpenResult result;
  result.marker = marker_;
  result.head = head_.seq;
  result.head_chain = head_.chain;
  result.head_epoch = epoch_;

  const std::uint64_t acked = witness_ ? witness_->acked.seq : 0;
  const std::uint64_t top = std::max({last_, head_.seq, acked});
  if (!broken_.empty()) lost(result, head_.seq + 1, top, broken_);
  if (marker_refuted_)
    lost(result, marker_.seq, top,
         "frame " + std::to_string(marker_.seq) + " is not the one the checkpoint was taken at");
  else if (before_ < marker_.seq && !after_)
    lost(result, std::max(before_, std::min(marker_.trimmed_to, marker_.seq - 1)) + 1, marker_.seq,
         "the log ends before the checkpoint at frame " + std::to_string(marker_.seq));
  if (acked > head_.seq)
    lost(result, head_.seq + 1, acked, range(head_.seq + 1, acked) + " acknowledged and gone");
  else if (witnessed_ && *witnessed_ != witness_->acked.chain && witness_->lost_from == 0)
    lost(result, std::min(marker_.seq + 1, acked), acked,
         "frame " + std::to_string(acked) + " is not the one that was acknowledged");
  if (witness_ && witness_->lost_from > 0 && head_.seq <= acked)
    lost(result, witness_->lost_from, acked, "an earlier loss is not declared yet");

  result.next_seq = std::max(top, result.lost_to) + 1;
  return result;
}

}  // namespace tocsin::store
