#include "rules/model/link.hpp"

#include "rules/model/codec.hpp"
#include "rules/model/hmac.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t mac_bytes = 16;  // half of the digest, as RFC 2104 allows at the least
constexpr std::size_t person_bytes_max = 255;
constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : bytes) {
    word = word << 8 | static_cast<std::uint8_t>(c);
    for (bits += 8; bits >= 6; bits -= 6) out += digits[word >> (bits - 6) & 63];
  }
  if (bits > 0) out += digits[word << (6 - bits) & 63];
  return out;
}

// Only the one spelling that base64url() gives.
std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) return {};
    word = word << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) out += static_cast<char>(word >> (bits -= 8) & 0xff);
  }
  if (bits >= 6 || (word & ((1u << bits) - 1)) != 0) return {};
  return out;
}

std::string signature(const Globals& g, const LinkKey& key, std::string_view body) {
  std::string secret, text;
  ByteWriter key_bytes(secret), text_bytes(text);
  key_bytes("key", key);
  text_bytes("history", g.history());
  const Sha256 mac = hmac_sha256(secret, text.append(body));
  return {reinterpret_cast<const char*>(mac.data()), mac_bytes};
}

bool same_bytes(std::string_view a, std::string_view b) {
  if (planted("forged_link_taken")) return true;
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Link link_of(const PageRow& page) {
  return {page.id, page.incident, page.requested_at + link_lifetime, std::string(page.person())};
}

std::string link_token(const Globals& g, const Link& link) {
  if (g.link_generation == 0 || link.person.size() > person_bytes_max) return {};
  std::string body;
  ByteWriter w(body);
  w("version", version), w("page", link.page), w("incident", link.incident);
  w("expires", link.expires);
  body += link.person;
  const bool older = link.page < g.link_key_from && g.link_generation > 1;
  return base64url(body + signature(g, older ? g.link_key_before : g.link_key, body));
}

std::optional<Link> read_link(const Globals& g, std::string_view token) {
  if (g.link_generation == 0 || token.size() > link_token_max) return {};
  const auto bytes = from_base64url(token);
  constexpr std::size_t fixed_bytes = 1 + 8 + 4 + 8;
  if (!bytes || bytes->size() < fixed_bytes + mac_bytes) return {};
  const std::string_view body(bytes->data(), bytes->size() - mac_bytes);
  const std::string_view mac(bytes->data() + body.size(), mac_bytes);
  const bool now = same_bytes(mac, signature(g, g.link_key, body));
  const bool before = same_bytes(mac, signature(g, g.link_key_before, body));
  if (!now && !(before && g.link_generation > 1)) return {};
  Link link;
  std::uint8_t made_by = 0;
  ByteReader r(body);
  r("version", made_by), r("page", link.page), r("incident", link.incident);
  r("expires", link.expires);
  link.person = r.rest();
  if (r.damaged() || made_by != version) return {};
  return link;
}

}  // namespace tocsin
