#pragma once
// Who is asking. A secret is known by its SHA-256 only, and compared in constant time. Pure apart
// from OpenSSL's digest; an Access is immutable and replaced whole by a reload.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "daemon/net/http.hpp"
#include "rules/model/command.hpp"

namespace tocsin::api {

using Digest = std::array<unsigned char, 32>;
Digest sha256(std::string_view text);
std::string hex(const Digest& digest);
std::optional<Digest> parse_digest(std::string_view hex64);

// An entry of `tokens:`.
struct TokenEntry {
  std::string name;
  std::string person;
  std::uint32_t roles = 0;
  Digest digest{};
};

// An entry of `integrations:`. Without a digest it asks for no token.
struct Hook {
  std::string name;
  std::string source;
  std::optional<Digest> digest;
  bool local_only = false;                               // the built-in one hears this machine only
  std::shared_ptr<const std::string> program = nullptr;  // of a source that has one
  Quota quota{};
};

struct Access {
  std::vector<TokenEntry> tokens;
  std::vector<Hook> hooks;
  bool loopback_may_act = false;        // for a demo: everybody at this machine is the operator
  std::vector<std::string> host_names;  // of this machine and of external_url, lower case

  const Hook* hook(std::string_view name) const;
};

// What the configuration says about who may do what.
Access access_of(const Body& body);

struct Principal {
  Actor actor;
  bool proven = false;  // by a token; else it is just somebody at this machine
};

// The secret a request carries: Authorization: Bearer, GenieKey, or the password of Basic. In a
// header only: what stands in a URL ends in logs.
std::optional<std::string> presented_secret(const HttpRequest& request);

// A user and a password, as Authorization: Basic has them.
std::optional<std::pair<std::string, std::string>> presented_user(const HttpRequest& request);

// Of a token or of an integration, whatever it may do.
bool is_known_secret(std::string_view secret, const Access& access);

// From this machine, and neither handed on by a proxy nor made by a page of a browser: such a
// request is somebody else's, though the socket is local. A Host that is not ours is DNS rebinding.
bool from_here(const HttpRequest& request, const Access& access);

// Nothing: the token is unknown, or there is none and the request is neither from here nor of a
// user with a password, who may read.
std::optional<Principal> identify(const HttpRequest& request, const Access& access);

// The secret of the hook, or the token of an event source. A hook without a secret takes what any
// program sends it, but nothing that a page of a browser does.
bool may_send(const HttpRequest& request, const Hook& hook, const Access& access);

// Who says falsely that a backup ran hides that it did not: a ping needs the secret of an
// integration, or the token of an event source or of somebody who may silence. Without one, a
// program of this machine may; but not by GET, which any page of a browser can make it send.
bool may_ping(const HttpRequest& request, const Access& access);

}  // namespace tocsin::api
