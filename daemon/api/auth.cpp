#include "daemon/api/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/api/permissions.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t secret_bytes_max = 4096;

bool same(const Digest& a, const Digest& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.empty() || text.size() > secret_bytes_max) return {};
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool our_name(std::string_view host, const Access& access) {
  const std::string name = lower(without_port(host));
  if (name == "localhost" || name == "[::1]") return true;
  if (name.starts_with("127.") && name.find_first_not_of("0123456789.") == name.npos) return true;
  return std::find(access.host_names.begin(), access.host_names.end(), name) !=
         access.host_names.end();
}

}  // namespace

Digest sha256(std::string_view text) {
  Digest out{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr);
  return out;
}

std::string hex(const Digest& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : digest) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::optional<Digest> parse_digest(std::string_view hex64) {
  Digest out{};
  if (hex64.size() != 2 * out.size()) return {};
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(hex64[2 * i]), low = digit(hex64[2 * i + 1]);
    if (high < 0 || low < 0) return {};
    out[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return out;
}

const Hook* Access::hook(std::string_view name) const {
  for (const Hook& h : hooks)
    if (h.name == name) return &h;
  return nullptr;
}

Access access_of(const Body& body) {
  Access out;
  out.loopback_may_act = body.loopback_may_act;
  for (const Token& token : body.tokens)
    if (const auto digest = parse_digest(token.sha256))
      out.tokens.push_back({token.name, token.person, token.roles, *digest});
  for (const Integration& integration : body.integrations) {
    const auto digest = parse_digest(integration.token_sha256);
    // A hash that is none must not open the door.
    if (!digest && !integration.token_sha256.empty() && !planted("damaged_hash_opens")) continue;
    Hook hook{integration.name, integration.source, digest};
    if (!integration.program.text.empty())
      hook.program = std::make_shared<const std::string>(integration.program.text);
    hook.quota = integration.quota;
    out.hooks.push_back(std::move(hook));
  }
  std::string_view host = body.external_url;
  if (const std::size_t scheme = host.find("://"); scheme != host.npos)
    host.remove_prefix(scheme + 3);
  host = without_port(host.substr(0, host.find('/')));
  if (!host.empty()) out.host_names.push_back(lower(host));
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) == 0 && name[0]) out.host_names.push_back(lower(name));
  return out;
}

namespace {

struct Authorization {
  std::string_view scheme, rest;
};

std::optional<Authorization> authorization(const HttpRequest& request) {
  const std::string* header = request.find("Authorization");
  if (!header || header->size() > secret_bytes_max) return {};
  const std::size_t space = header->find(' ');
  if (space == header->npos) return {};
  Authorization out;
  out.scheme = std::string_view(*header).substr(0, space);
  out.rest = std::string_view(*header).substr(space + 1);
  while (out.rest.starts_with(' ')) out.rest.remove_prefix(1);
  while (out.rest.ends_with(' ')) out.rest.remove_suffix(1);
  return out;
}

}  // namespace

std::optional<std::pair<std::string, std::string>> presented_user(const HttpRequest& request) {
  const auto shown = authorization(request);
  if (!shown || !same_token(shown->scheme, "Basic")) return {};
  const std::optional<std::string> pair = base64_decode(shown->rest);
  if (!pair) return {};
  const std::size_t colon = pair->find(':');
  if (colon == pair->npos) return {};
  return std::pair{pair->substr(0, colon), pair->substr(colon + 1)};
}

std::optional<std::string> presented_secret(const HttpRequest& request) {
  const auto shown = authorization(request);
  if (shown && (same_token(shown->scheme, "Bearer") || same_token(shown->scheme, "GenieKey")))
    return std::string(shown->rest);
  const auto user = presented_user(request);
  if (!user) return {};
  return user->second;
}

bool is_known_secret(std::string_view secret, const Access& access) {
  const Digest digest = sha256(secret);
  bool known = false;
  for (const TokenEntry& token : access.tokens)
    if (same(token.digest, digest)) known = true;
  for (const Hook& hook : access.hooks)
    if (hook.digest && same(*hook.digest, digest)) known = true;
  return known;
}

bool from_here(const HttpRequest& request, const Access& access) {
  if (!request.loopback) return false;
  for (const char* forwarded : {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via", "Origin"})
    if (request.find(forwarded) && !planted("forwarded_is_here")) return false;
  const std::string* site = request.find("Sec-Fetch-Site");
  if (site && *site != "none" && *site != "same-origin") return false;
  const std::string* host = request.find("Host");
  return !host || host->empty() || our_name(*host, access) || planted("any_host_is_here");
}

std::optional<Principal> identify(const HttpRequest& request, const Access& access) {
  if (request.find("Authorization")) {
    const std::optional<std::string> secret = presented_secret(request);
    if (!secret) return {};
    const Digest digest = sha256(*secret);
    const TokenEntry* found = nullptr;
    for (const TokenEntry& token : access.tokens)  // all of them: the time taken tells nothing
      if (same(token.digest, digest) && !found) found = &token;
    if (!found && planted("wrong_token_is_a_viewer")) return Principal{{"", all_roles()}, true};
    if (!found) return {};
    return Principal{{found->person, found->roles}, true};
  }
  const bool here = from_here(request, access);
  if (!here && request.user.empty()) return {};
  if (here && access.loopback_may_act) return Principal{{"operator", all_roles()}, false};
  return Principal{{"", 1u << index(Role::viewer)}, !request.user.empty()};
}

bool may_send(const HttpRequest& request, const Hook& hook, const Access& access) {
  if (!hook.digest && !hook.local_only) return !request.find("Origin");
  if (!hook.digest && from_here(request, access)) return true;
  const std::optional<std::string> secret = presented_secret(request);
  if (!secret) return false;
  const Digest digest = sha256(*secret);
  bool known = hook.digest && same(digest, *hook.digest);
  for (const TokenEntry& token : access.tokens)
    if (same(token.digest, digest) && token.roles >> index(Role::event_source) & 1u) known = true;
  return known;
}

bool may_ping(const HttpRequest& request, const Access& access) {
  if (planted("anybody_may_ping")) return true;
  const std::optional<std::string> secret = presented_secret(request);
  if (!secret)
    return !request.find("Authorization") && request.method != HttpMethod::get &&
           from_here(request, access);
  const Digest digest = sha256(*secret);
  bool known = false;
  for (const Hook& hook : access.hooks)
    if (hook.digest && same(*hook.digest, digest)) known = true;
  for (const TokenEntry& token : access.tokens)
    if (same(token.digest, digest) && (token.roles >> index(Role::event_source) & 1u ||
                                       may(token.roles, Permission::silence_write)))
      known = true;
  return known;
}

}  // namespace tocsin::api
