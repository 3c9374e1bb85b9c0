#pragma once
// What opening finds: a walk over the log from the checkpoint, then one verdict. Shared by all
// makers so that loss means the same everywhere. Pure, single use, one thread.

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/journal/frame.hpp"

namespace tocsin::store {

// The last acknowledged head as remembered outside the log.
struct Witness {
  Point acked;
  // Not 0: frames from here to acked.seq are lost; declared once the log has a frame beyond them.
  std::uint64_t lost_from = 0;
};

class Recovery {
 public:
  Recovery(const Marker& marker, const std::optional<Witness>& witness);

  // The last frame of the log at or before the checkpoint, if there is one. Call before take().
  void take_before(const LogFrame& frame);

  // The next frame after the checkpoint. False: it does not continue the history, the log ends
  // here.
  bool take(const LogFrame& frame);

  // The log cannot be read beyond the frames taken.
  void broken(std::string why);

  // The highest number anywhere in the log, readable or not: no number is given twice.
  void last_seen(std::uint64_t seq);

  std::uint64_t checkpoint() const { return marker_.seq; }

  OpenResult verdict() const;

  // After a loss: how the next frame is tied to the history, and the first number whose frame, if
  // the log still holds it, is no longer part of it.
  Link link_after_loss() const;
  std::uint64_t cut_from() const;

 private:
  void lost(OpenResult& result, std::uint64_t from, std::uint64_t to, std::string why) const;

  const Marker marker_;
  const std::optional<Witness> witness_;
  Point head_;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t before_ = 0;     // the last frame of the log at or before the checkpoint
  bool after_ = false;           // there are good frames after the checkpoint
  bool marker_refuted_ = false;  // the log has another frame where the checkpoint was taken
  std::optional<std::uint32_t> witnessed_;  // the chain at the witness's number
  std::string broken_;
};

}  // namespace tocsin::store
