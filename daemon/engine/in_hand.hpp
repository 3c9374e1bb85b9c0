#pragma once
// What a thread is working on that came from outside, so that a crash can name it (black_box.hpp).
// Costs a few stores; nothing is computed unless the process dies of it.

#include <atomic>
#include <cstdint>
#include <string_view>

namespace tocsin {

// body: of a request. line: of syslog. alert: by fingerprint. command: of a person. deadline: of
// the state. page: on its way to be written for its channel.
enum class InputKind : std::uint8_t { none, body, line, alert, command, deadline, page };

// An input that can be told from others, also when it comes again: by a number, or by its bytes.
// Digits do not count: the same report comes with another time.
struct Input {
  InputKind kind = InputKind::none;
  std::uint64_t number = 0;
  std::string_view bytes{};

  std::uint64_t hash() const;  // calls nothing: a signal handler asks
};

// Of this thread; `none` when it has nothing in hand.
extern thread_local constinit Input input_in_hand;

// What the sender of a quarantined one is told.
inline constexpr const char* quarantined_words =
    "quarantined: the daemon crashed twice with this in hand; it is not taken before a day has "
    "passed or another version runs";

class InHand {
 public:
  explicit InHand(const Input& input) : before_(input_in_hand) { set(input); }
  ~InHand() { set(before_); }
  InHand(const InHand&) = delete;
  InHand& operator=(const InHand&) = delete;

 private:
  // The kind is written last and the compiler may not hold it back: the handler runs in between.
  static void set(const Input& input) {
    input_in_hand.kind = InputKind::none;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    input_in_hand.number = input.number;
    input_in_hand.bytes = input.bytes;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    input_in_hand.kind = input.kind;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  const Input before_;
};

}  // namespace tocsin
