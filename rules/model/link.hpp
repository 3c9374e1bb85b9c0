#pragma once
// The link in a page: who may answer which incident, signed. Nothing about a link is stored. It is
// computed from the page when the page is written, so a page that is tried again carries the same
// one; and it is proven by its signature when it comes back. Pure.
//
// token = base64url(version, page, incident, expiry, person, first half of HMAC-SHA256(key, the
// store's losses and all of those)). docs/store.md has the bytes.

#include <optional>
#include <string>
#include <string_view>

#include "rules/model/state.hpp"

namespace tocsin {

inline constexpr Span link_lifetime = hours(24);  // of elapsed time, from when the page was asked
inline constexpr std::size_t link_token_max = 512;

struct Link {
  PageId page;
  IncidentNumber incident;
  Instant expires{};
  std::string person;
};

// Empty while the store has no key, or for a person whose id is longer than 255 bytes.
std::string link_token(const Globals& globals, const Link& link);
Link link_of(const PageRow& page);

// Nothing: forged, damaged, of another store, or signed by a key that was rotated away twice. The
// time it takes does not depend on what is wrong with the signature. Expiry is the caller's to ask.
std::optional<Link> read_link(const Globals& globals, std::string_view token);

}  // namespace tocsin
