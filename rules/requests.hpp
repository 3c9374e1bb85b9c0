#pragma once
// The request sink (BND-5, 4): what somebody asks for, and where nothing is broken. It has a number
// of its own, waits in a list until a person takes it, and pages nobody.

#include <optional>

#include "rules/model/facts.hpp"

namespace tocsin {

inline constexpr std::size_t request_title_bytes = 160, request_text_bytes = 4096;

// What is to be written down. `key` and `starts_at` tell a repeat from another one.
struct NewRequest {
  Fingerprint key;
  std::uint8_t source = 0;
  Wall starts_at{};
  std::string_view title, text, ci, reporter, by;
};
// 0: as many are kept as may be, and none of them is done. A tenth is left to people.
RequestNumber open_request(const Deciding& d, const NewRequest& request);

// An event that asks for something. Answered with its number: that of the one it repeats, when its
// start is the same; one without a start repeats the one before it as long as that is not done.
// Shed when there is no room.
void receive_request(const Deciding& d, const ReceiveAlert& c);

// Nothing: there is such a request, and they may handle it.
std::optional<Answer> refuse_handling(const Deciding& d, RequestNumber n, const Actor& by);
Answer take_request(const Deciding& d, const TakeRequest& c);
Answer finish_request(const Deciding& d, const FinishRequest& c);

}  // namespace tocsin
