#pragma once
// The syslog listeners of the configuration, joined to the way in of their lines, with the
// certificates of those that speak TLS: a changed one is used by the next connection.
//
// Made and ended by the main thread, which also looks after changes; numbers from any thread.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "daemon/api/syslog_in.hpp"
#include "daemon/cli/file_stamp.hpp"
#include "daemon/net/syslog.hpp"

namespace tocsin::cli {

class SyslogEars {
 public:
  SyslogEars(Engine& engine, const std::vector<SyslogListen>& listeners);
  ~SyslogEars();

  // Opens all of them, or none and says in the log why. `handed_over`: descriptors of the service
  // manager, owned from here on; what no listener is for is closed.
  bool listen(const std::vector<int>& handed_over);
  // Reads again the certificates that have changed. Costs a stat() per file when none has.
  void look();
  void stop(std::chrono::milliseconds wait);

  SyslogStats stats() const;
  const api::SyslogInStats& lines() const { return in_.stats(); }

 private:
  struct Certificate {
    TlsOptions files;
    std::vector<FileStamp> stamps;
    std::mutex mutex;  // guards the next
    std::shared_ptr<Tls> tls;
  };
  bool read(Certificate& certificate);
  void broken(SyslogProtocol protocol, std::string_view peer, SyslogEnd why);

  api::SyslogIn in_;
  std::vector<SyslogEndpoint> endpoints_;
  std::vector<std::string> faults_;  // of addresses
  std::vector<std::unique_ptr<Certificate>> certificates_;
  std::atomic<std::int64_t> logged_at_s_{0};  // a broken connection, once a second at most
  std::unique_ptr<SyslogServer> server_;
};

}  // namespace tocsin::cli
