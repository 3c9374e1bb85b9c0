// Any bytes as the token of a link: it is refused unless it is, letter for letter, one that we
// sign. The same bytes as a person of a link: the token is read back.
#include <cstdint>
#include <string>
#include <string_view>

#include "rules/model/link.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Globals g;
  expect(!read_link(g, text), "no token is good before there is a key");
  g.link_generation = 2, g.link_key = {1, 2, 3, 4}, g.link_key_before = {5, 6, 7, 8};
  g.link_key_from = PageId(100);
  if (const auto link = read_link(g, text))
    expect(link_token(g, *link) == text, "a token has one spelling");

  const Link made{PageId(size * 7), IncidentNumber(12), Instant{90'000'000}, text};
  const std::string token = link_token(g, made);
  if (token.empty()) return expect(size > 255, "a person with a short id gets a link"), 0;
  const auto read = read_link(g, token);
  expect(read && read->person == text && read->page == made.page && read->expires == made.expires,
         "a token is read back");
  std::string forged = token;
  forged[size % forged.size()] ^= 1;
  expect(!read_link(g, forged), "a token with another letter is refused");
  return 0;
}
