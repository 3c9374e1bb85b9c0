#include "daemon/journal/head.hpp"

#include "rules/model/planted.hpp"

namespace tocsin::store {

Head::Head(const OpenResult& opened, Link after_loss)
    : point_{opened.head, opened.head_chain},
      epoch_(opened.head_epoch),
      next_seq_(opened.next_seq),
      link_(opened.trouble == OpenTrouble::loss ? after_loss : Link::next) {}

std::optional<Append> Head::answer(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                                   std::string_view payload, const Find& find) const {
  // A writer that does not know the fate of its append asks again with the same uid.
  std::optional<Append> own;
  if (seq <= point_.seq)
    find(seq, [&](const FrameRecord& there) {
      if (there.uid != uid) return;
      own = there.epoch == epoch && there.payload == payload ? Append::ok : Append::diverged;
    });
  if (own) return own;
  if (epoch < epoch_ && !planted("older_epoch_writes")) return Append::fenced;
  if (seq != next_seq_ && !planted("gap_in_the_log")) return Append::conflict;
  return {};
}

LogFrame Head::next_frame(std::uint64_t epoch, std::uint64_t uid, std::string_view payload) const {
  const std::uint32_t chain = chain_of(point_.chain, next_seq_, epoch, uid, payload);
  return {{next_seq_, epoch, uid, chain, payload}, link_, point_};
}

void Head::advance(const LogFrame& frame) {
  point_ = {frame.record.seq, frame.record.chain};
  epoch_ = frame.record.epoch;
  next_seq_ = point_.seq + 1;
  link_ = Link::next;
}

}  // namespace tocsin::store
