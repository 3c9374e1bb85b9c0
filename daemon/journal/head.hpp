#pragma once
// The end of the log while a process has it open: what may be appended, and what an append becomes.
// The rules of `append` for every maker. Owner: one journal. Not synchronised.

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "daemon/journal/frame.hpp"

namespace tocsin::store {

class Head {
 public:
  // Calls back with the durable frame at seq; false when there is none.
  using Find =
      std::function<bool(std::uint64_t seq, const std::function<void(const FrameRecord&)>& with)>;

  Head() = default;
  explicit Head(const OpenResult& opened, Link after_loss);

  // The answer to an append that must not be written; nullopt when it may.
  std::optional<Append> answer(std::uint64_t seq, std::uint64_t epoch, std::uint64_t uid,
                               std::string_view payload, const Find& find) const;

  // The frame to write at the end of the log. `payload` must outlive it.
  LogFrame next_frame(std::uint64_t epoch, std::uint64_t uid, std::string_view payload) const;

  // `frame` is durable.
  void advance(const LogFrame& frame);

  const Point& point() const { return point_; }

 private:
  Point point_;
  std::uint64_t epoch_ = 0;
  std::uint64_t next_seq_ = 1;
  Link link_ = Link::next;
};

}  // namespace tocsin::store
