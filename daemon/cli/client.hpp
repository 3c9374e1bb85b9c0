#pragma once
// The client verbs' way to a running daemon: $TOCSIN_URL with $TOCSIN_TOKEN, over libcurl. One
// thread. $TOCSIN_CA_FILE is believed instead of the system's CAs; $TOCSIN_CERT_FILE and
// $TOCSIN_KEY_FILE are shown to a daemon that asks for a certificate.
//
// Reads ask for what this user has written before (?after=SEQ): the newest sequence a daemon
// answered is kept per URL in a small file of the user's runtime or cache folder.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tocsin::cli {

struct ClientAnswer {
  bool reached = false;
  int status = 0;
  std::string body;
  std::string error;  // why it was not reached

  bool good() const { return reached && status >= 200 && status < 300; }
  int exit_code() const;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

class Client {
 public:
  explicit Client(std::string url);  // empty: $TOCSIN_URL, or the default listener

  ClientAnswer get(const std::string& path, Pairs query);
  ClientAnswer post(const std::string& path, const std::string& body, const Pairs& headers = {});
  ClientAnswer put(const std::string& path, const std::string& body, const std::string& type);
  const std::string& url() const { return url_; }

 private:
  // A body is posted, or put when it has a type of its own.
  ClientAnswer perform(const std::string& path, const std::string* body, const Pairs& headers,
                       const std::string& put_type = {});
  void remember(std::uint64_t seq);

  std::string url_, token_, memory_file_;
  std::uint64_t after_ = 0;
};

}  // namespace tocsin::cli
