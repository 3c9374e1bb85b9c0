#pragma once
// The way in of syslog: a batch of lines is read by the rules on the listener's thread; what they
// want goes to the engine as alerts of the source `syslog`, the rest is counted. So each line ends
// in exactly one disposition: those of the alert, or unmatched, rejected_auth,
// rejected_malformed, quarantined or shed. Called by the listeners' threads.

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/engine/engine.hpp"
#include "daemon/net/syslog.hpp"
#include "rules/model/zone.hpp"

namespace tocsin::api {

// What became of lines, by how they came, since this process started. Written by any thread.
struct SyslogInStats {
  // matched: an alert now, whatever becomes of it. refused: it would clear, and may not.
  enum class Fate : std::uint8_t { matched, unmatched, refused, malformed, shed, count_ };
  static constexpr std::array<std::string_view, 5> fates{"matched", "unmatched", "refused",
                                                         "malformed", "shed"};
  using Counts = std::array<std::atomic<std::uint64_t>, fates.size()>;
  std::array<Counts, EnumTable<SyslogProtocol>::count> lines{};

  std::atomic<std::uint64_t>& of(SyslogProtocol protocol, Fate fate) {
    return lines[index(protocol)][static_cast<std::size_t>(fate)];
  }
};

class SyslogIn {
 public:
  // Of a listener of the configuration, in its order.
  struct Listener {
    bool may_clear = false;
    std::shared_ptr<const Zone> zone;  // of times that name none; null: UTC
  };

  SyslogIn(Engine& engine, std::vector<Listener> listeners)
      : engine_(engine), listeners_(std::move(listeners)) {}

  Taken take(const SyslogLines& lines, std::function<void()> settled);
  void broken(SyslogProtocol protocol);  // one line that came apart
  const SyslogInStats& stats() const { return stats_; }

 private:
  struct Sorted;
  Sorted sort(const SyslogLines& lines) const;
  void count(SyslogProtocol protocol, Disposition disposition, std::size_t n);

  Engine& engine_;
  const std::vector<Listener> listeners_;
  SyslogInStats stats_;
};

}  // namespace tocsin::api
