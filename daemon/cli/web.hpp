#pragma once
// Keeps what the listener asks and speaks the way its web configuration says: reads the file, makes
// TLS of it, and does so again when the file, a certificate or a key has changed. What cannot be
// used leaves the old in place and is counted and logged, once for each change.
//
// tls() from any thread; the rest from the threads that start, reload and look after changes.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/web_config.hpp"
#include "daemon/api/gate.hpp"
#include "daemon/cli/file_stamp.hpp"
#include "daemon/net/tls.hpp"

namespace tocsin::cli {

class Web {
 public:
  // `apply`: what is asked of requests from now on.
  explicit Web(std::function<void(std::shared_ptr<const api::WebRules>)> apply)
      : apply_(std::move(apply)) {}

  // The file of a configuration that comes into force; empty: plain HTTP and no passwords. False:
  // it cannot be used, and nothing has changed.
  bool use(const std::string& path);
  // What use() would stumble over; empty: nothing.
  static std::string problem_of(const std::string& path);
  // Reads again what has changed. Costs a stat() per file when nothing has.
  void look();

  std::shared_ptr<Tls> tls() const;
  std::string path() const;
  std::uint64_t failures() const { return failures_; }

 private:
  bool read(const std::string& path);

  std::function<void(std::shared_ptr<const api::WebRules>)> apply_;
  std::atomic<std::uint64_t> failures_{0};

  std::mutex reading_;  // one reader at a time; guards these
  std::vector<FileStamp> stamps_;

  mutable std::mutex mutex_;  // never held while reading
  std::string path_;
  std::shared_ptr<Tls> tls_;
};

}  // namespace tocsin::cli
