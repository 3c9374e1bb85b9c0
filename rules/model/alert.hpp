#pragma once
// An alert on its way in: what a decoder makes of a sender's bytes, before anything was decided.
//
// Labels and annotations are packed once, on the I/O thread, into one byte string that the frame,
// the memory and the checkpoint share. Labels are sorted by name and come first, so that "same
// alert" is a comparison of bytes. Limits are the decoder's duty: at most 64 labels, 64
// annotations, names 256 B, label values 2 KiB, annotation values 8 KiB, the whole 32 KiB.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/enums.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

struct AlertLimits {
  static constexpr std::size_t labels = 64;
  static constexpr std::size_t annotations = 64;
  static constexpr std::size_t name_bytes = 256;
  static constexpr std::size_t label_bytes = 2048;
  static constexpr std::size_t annotation_bytes = 8192;
  static constexpr std::size_t text_bytes = 32 * 1024;
};

using Pair = std::pair<std::string_view, std::string_view>;

// Reads a packed text. A view: lives as long as the bytes it was made from.
//   u16 labels, u16 annotations, u32 size of the label part,
//   then per pair u16 name size, u16 value size, name, value; at the end u16 size and generator
//   URL.
class AlertText {
 public:
  AlertText() = default;
  explicit AlertText(std::string_view packed) : packed_(packed) {}

  std::string_view bytes() const { return packed_; }
  std::string_view label_bytes() const;  // canonical: equal labels, equal bytes
  std::string_view label(std::string_view name) const;
  std::string_view annotation(std::string_view name) const;
  std::vector<Pair> labels() const;
  std::vector<Pair> annotations() const;
  // use(name, value) for each label in order, without an allocation.
  template <class Use>
  void each_label(Use&& use) const {
    Pair pair;
    std::string_view rest = label_bytes();
    while (take_pair(rest, pair)) use(pair.first, pair.second);
  }
  std::string_view generator_url() const;
  bool valid() const;  // every size stays inside; asked once where bytes come from outside

 private:
  std::uint16_t label_count() const;
  std::uint16_t annotation_count() const;
  static bool take_pair(std::string_view& rest, Pair& pair);
  std::string_view packed_;
};

// Appends the packed form to `out`. `labels` must be sorted by name, without duplicates or empty
// values; annotations likewise.
void pack_alert(std::string& out, const std::vector<Pair>& labels,
                const std::vector<Pair>& annotations, std::string_view generator_url);

// The end of what has none of its own: it fires until somebody says that it is over.
inline constexpr Wall until_cleared{253'402'300'799'000};

// One alert as a sender reports it. Times are the sender's; Wall{0} is "not given". Its severity is
// the label `severity`, read through the alias table of the settings.
struct IncomingAlert {
  std::uint32_t text_at = 0;  // into AlertBatch::bytes
  std::uint32_t text_size = 0;
  Wall starts_at{};
  Wall ends_at{};         // not given, or in the future: still firing until then
  bool resolved = false;  // the sender says in so many words that it is over
  EventClass event_class = EventClass::alert;
};

// All alerts of one request. The reply to the sender waits for the last of them.
struct AlertBatch {
  std::string bytes;
  std::vector<IncomingAlert> alerts;
  std::vector<std::string> rejected;  // one sentence per item that was not taken

  AlertText text(const IncomingAlert& a) const {
    return AlertText(std::string_view(bytes).substr(a.text_at, a.text_size));
  }
};

}  // namespace tocsin
