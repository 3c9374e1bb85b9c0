#pragma once
// Users and passwords of the web configuration. A bcrypt check takes tens of milliseconds on
// purpose, so it runs on a thread of its own, and a password that was right is remembered: by a
// keyed hash, in memory, until this object is replaced. Immutable but for that memory.

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/auth.hpp"

namespace tocsin::api {

class BasicAuth {
 public:
  explicit BasicAuth(std::map<std::string, std::string> users);  // name -> bcrypt hash

  struct Credentials {
    std::string user, password;
  };
  // What Authorization: Basic holds; nothing without one.
  static std::optional<Credentials> presented(const HttpRequest& request);
  bool empty() const { return users_.empty(); }
  bool remembers(const Credentials& c) const;  // quick; any thread
  bool check(const Credentials& c);            // slow; an unknown user takes as long as a known one

 private:
  static constexpr std::size_t remembered_max = 256;
  Digest key_of(const Credentials& c) const;

  const std::map<std::string, std::string> users_;
  std::string pepper_;  // of this object, so that the keys are good nowhere else
  mutable std::mutex mutex_;
  std::vector<Digest> known_;
};

}  // namespace tocsin::api
