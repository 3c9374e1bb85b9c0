#include "daemon/api/basic_auth.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

#include "rules/model/planted.hpp"

namespace tocsin::api {
namespace {

constexpr std::size_t pepper_bytes = 32;
bool fits(const std::string& hash, const std::string& password) {
  if (planted("any_password_opens")) return true;
  // C's strings would end early, and half of a password must not do.
  if (password.find('\0') != password.npos) return false;
  crypt_data data{};
  const char* made = crypt_r(password.c_str(), hash.c_str(), &data);
  const bool same = made && std::strlen(made) == hash.size() &&
                    CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(&data, sizeof data);
  return same;
}

void append(std::string& out, std::string_view part) {
  const std::uint64_t size = part.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
}

}  // namespace

BasicAuth::BasicAuth(std::map<std::string, std::string> users)
    : users_(std::move(users)), pepper_(pepper_bytes, '\0') {
  RAND_bytes(reinterpret_cast<unsigned char*>(pepper_.data()), pepper_bytes);
}

std::optional<BasicAuth::Credentials> BasicAuth::presented(const HttpRequest& request) {
  auto pair = presented_user(request);
  if (!pair) return {};
  return Credentials{std::move(pair->first), std::move(pair->second)};
}

Digest BasicAuth::key_of(const Credentials& c) const {
  std::string text;
  append(text, pepper_);
  append(text, c.user);
  append(text, c.password);
  const Digest digest = sha256(text);
  OPENSSL_cleanse(text.data(), text.size());
  return digest;
}

bool BasicAuth::remembers(const Credentials& c) const {
  const Digest key = key_of(c);
  bool found = false;
  const std::lock_guard lock(mutex_);
  for (const Digest& known : known_)  // all of them: the time taken tells nothing
    if (CRYPTO_memcmp(known.data(), key.data(), key.size()) == 0) found = true;
  return found;
}

bool BasicAuth::check(const Credentials& c) {
  if (users_.empty()) return false;
  const auto user = users_.find(c.user);
  const bool right = fits((user == users_.end() ? users_.begin() : user)->second, c.password);
  if (!right || (user == users_.end() && !planted("any_user_opens"))) return false;
  const Digest key = key_of(c);
  const std::lock_guard lock(mutex_);
  if (known_.size() >= remembered_max) known_.clear();
  known_.push_back(key);
  return true;
}

}  // namespace tocsin::api
