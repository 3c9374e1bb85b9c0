#pragma once
// A page as it leaves the core: all that a channel needs to write and send it. Made when the
// attempt is started, from the state of that instant; released to the shell when its frame is
// durable.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rules/model/enums.hpp"
#include "rules/model/ids.hpp"
#include "rules/model/time.hpp"
#include "rules/model/zone.hpp"

namespace tocsin {

// A page of the hierarchic matrix (7.2) has this step and its percentage. Its reader is told how it
// stands, whoever has it.
inline constexpr std::uint16_t hierarchic_step = 60'000;
constexpr bool hierarchic(std::uint16_t step) {
  return step >= hierarchic_step;
}

struct SendOrder {
  PageId page;
  std::uint16_t attempt = 0;
  Epoch epoch;
  PageKey key;
  Wall deadline{};  // the shell must have answered by then

  PageKind kind = PageKind::page;
  WhyPage why = WhyPage::step_due;
  IncidentNumber incident;
  std::uint16_t cycle = 1;
  std::uint16_t step = 0;
  std::uint16_t repeat = 0;
  std::string person;   // id; empty: the channel itself is the recipient
  std::string email;    // of the person, if any
  std::string channel;  // name in the settings
  std::string channel_kind;
  std::map<std::string, std::string> channel_settings;

  // What broke, who it hurts, since when: the fields of ESC-12.
  Priority priority = Priority::P3;
  IncidentState state = IncidentState::new_;
  std::string title;
  std::string ci;
  std::string service;
  std::string category;  // "database/availability"
  std::string impact;    // in words: "mission critical, 12000 users"; empty: not known
  std::string group;
  std::string summary;  // the alert's own words
  std::string runbook;
  std::string known_error, workaround;  // what helped before; empty: nothing is known
  bool restricted = false;              // number, priority and link are all that is said of it
  std::string owner;                    // who acknowledged, if anybody
  std::shared_ptr<const Zone> zone;     // in which the reader is told times; null: UTC
  Wall since{};
  Wall now{};
  Wall response_due{}, resolution_due{};  // 0: answered, or not known
  std::uint8_t percent = 0;               // of the time to resolve; 0: it is not about that
  std::uint32_t alerts_firing = 0;
  std::uint32_t alerts_total = 0;
  std::string link;    // acts for this person, or shows the incident; empty without external_url
  bool drill = false;  // nothing is broken; its title says so
  bool major = false;  // it is a major incident
  std::string instance_name;
};

}  // namespace tocsin
