#pragma once
// The alerts of a snapshot as Alertmanager's API lists them: selected and sorted on the reading
// thread, rendered piece by piece while they are sent, so that a million of them costs sixteen
// bytes each.
//
// Ours in its words: a firing or stale alert is active (silence is not health), one inside its
// hold-down is unprocessed, whatever a silence covers or a maintenance window keeps is suppressed,
// ended ones are not listed. Its receiver is the group that owns its incident.

#include <memory>
#include <string>
#include <vector>

#include "daemon/api/am_filter.hpp"
#include "daemon/api/muting.hpp"
#include "daemon/api/sight.hpp"
#include "daemon/engine/engine.hpp"

namespace tocsin::api {

class AmList {
 public:
  enum class Shape : std::uint8_t { alerts, groups };

  // As far as `who` may see them.
  AmList(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<const Settings> settings,
         const AmFilter& filter, Shape shape, const Actor& who);

  // Appends the next piece; false when it was the last.
  bool next(std::string& out);

 private:
  struct Item {
    std::uint64_t fingerprint;
    std::uint32_t slot;
    std::uint16_t receiver;  // index into receivers_
    std::string_view labels(const Snapshot& s) const {
      return s.alerts.at(slot).text().label_bytes();
    }
  };
  void select(const Settings& settings, const AmFilter& filter, const Sight& sight);
  void sort();
  std::uint16_t receiver_id(std::string_view name);
  void write_item(std::string& out, const Item& item) const;

  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const Settings> settings_;
  Muting muting_;
  Span resolve_timeout_;
  Shape shape_;
  std::vector<std::string> receivers_;
  std::vector<Item> items_;
  std::size_t at_ = 0;
};

// Names of all receivers: the groups, and who gets what belongs to none.
std::vector<std::string> am_receivers(const Settings& settings);
std::string am_default_receiver(const Settings& settings);

}  // namespace tocsin::api
