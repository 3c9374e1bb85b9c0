#pragma once
// Record, then speak, as a type: what a turn wants to say exists only as Held<T> until the frame it
// rests on is durable. Only the release of a turn opens one, so nothing can be said too early.

#include <cstdint>
#include <utility>

namespace tocsin {

template <class T>
class Held {
 public:
  Held(T value, std::uint64_t basis) : value_(std::move(value)), basis_(basis) {}
  std::uint64_t basis() const { return basis_; }

 private:
  friend class Released;
  T value_;
  std::uint64_t basis_;  // sequence of the last frame folded when this was decided
};

// The proof that frames up to `durable` are on disk. Made where the journal has said so.
class Released {
 public:
  explicit Released(std::uint64_t durable) : durable_(durable) {}
  std::uint64_t durable() const { return durable_; }
  template <class T>
  bool covers(const Held<T>& held) const {
    return held.basis() <= durable_;
  }
  // The value, if its basis is durable; the caller has asked covers() before.
  template <class T>
  T open(Held<T>&& held) const {
    if (!covers(held)) __builtin_trap();
    return std::move(held.value_);
  }

 private:
  std::uint64_t durable_;
};

}  // namespace tocsin
