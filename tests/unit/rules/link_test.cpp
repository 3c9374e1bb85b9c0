// The signature of links: known vectors, one spelling, and no letter of a token that may change.
#include <catch2/catch.hpp>

#include "rules/dump.hpp"
#include "rules/model/hmac.hpp"
#include "rules/model/link.hpp"
#include "tests/unit/rules/desk.hpp"

using namespace tocsin;
using namespace tocsin::testing;

namespace {

std::string hex_of(const Sha256& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const auto byte : digest) out += digits[byte >> 4], out += digits[byte & 15];
  return out;
}

Globals keyed(std::uint64_t seed) {
  Globals g;
  g.link_generation = 1, g.link_key = {seed, 2, 3, 4};
  return g;
}

const Link sample{PageId(7), IncidentNumber(12), Instant{90'000'000}, "bob"};

}  // namespace

TEST_CASE("SHA-256 and HMAC give what FIPS 180-4 and RFC 4231 say") {
  CHECK(hex_of(sha256_of("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex_of(sha256_of("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex_of(hmac_sha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a link is read back as it was made, and made the same each time") {
  const Globals g = keyed(1);
  const std::string token = link_token(g, sample);
  CHECK(token == link_token(g, sample));
  CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_") == token.npos);
  const auto read = read_link(g, token);
  REQUIRE(read);
  CHECK(read->page == sample.page);
  CHECK(read->incident == sample.incident);
  CHECK(read->expires == sample.expires);
  CHECK(read->person == "bob");
}

TEST_CASE("no letter of a token may change, be added or be missing") {
  const Globals g = keyed(1);
  const std::string token = link_token(g, sample);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (const char c : {'A', 'B', 'z', '0', '-', '_', '=', '/', '\0'}) {
      std::string other = token;
      if (other[i] == c) continue;
      other[i] = c;
      CHECK_FALSE(read_link(g, other));
    }
    CHECK_FALSE(read_link(g, token.substr(0, i)));
    CHECK_FALSE(read_link(g, token + token.substr(0, i + 1)));
  }
  CHECK_FALSE(read_link(g, std::string(100'000, 'A')));
}

TEST_CASE("a link of another store, of before a loss, or without a key is none of ours") {
  const std::string token = link_token(keyed(1), sample);
  CHECK_FALSE(read_link(keyed(2), token));
  Globals after_loss = keyed(1);
  after_loss.lost_to = 40;
  CHECK_FALSE(read_link(after_loss, token));
  CHECK_FALSE(read_link(Globals{}, token));
  CHECK(link_token(Globals{}, sample).empty());
}

TEST_CASE("after a rotation old pages keep their link, new ones get another key") {
  Globals g = keyed(1);
  const std::string before = link_token(g, sample);
  g.link_key_before = g.link_key, g.link_key = {9, 9, 9, 9};
  g.link_generation = 2, g.link_key_from = PageId(8);
  CHECK(link_token(g, sample) == before);
  CHECK(read_link(g, before));
  Link newer = sample;
  newer.page = PageId(8);
  CHECK(read_link(g, link_token(g, newer)));
  g.link_key_before = g.link_key, g.link_key = {8, 8, 8, 8}, g.link_generation = 3;
  CHECK_FALSE(read_link(g, before));
}

TEST_CASE("the key of links is in no dump") {
  std::string bytes;
  append_fact(bytes, {1}, LinkKeyMade{1, {0x1111, 0x2222, 0x3333, 0x4444}, "daemon"});
  FactView view;
  REQUIRE(read_one_fact(bytes, view));
  CHECK(to_text(view) == "LinkKeyMade generation=1 key=secret by=daemon");
}

TEST_CASE("a person who is gone from the configuration acts by no link") {
  auto settings = small_settings();
  settings->external_url = "https://tocsin.example.org";
  Desk desk(settings);
  desk.alert("Down", "db-1", "critical", Wall{desk.now.ms});
  std::string token;
  for (const SendOrder& order : desk.orders)
    if (order.person == "ann") token = order.link.substr(order.link.find("/a/") + 3);
  REQUIRE_FALSE(token.empty());
  const auto people = settings->people;
  std::erase_if(settings->people, [](const Person& p) { return p.id == "ann"; });
  CHECK(desk.give(AcknowledgeByLink{token}).code == Answer::Code::forbidden);
  settings->people = people;
  CHECK(desk.give(AcknowledgeByLink{token}).code == Answer::Code::done);
  const Answer again = desk.give(AcknowledgeByLink{token});
  CHECK(again.code == Answer::Code::already);
  CHECK(again.by == "ann");
  CHECK(again.at == desk.state.globals().wall(desk.now));
}
