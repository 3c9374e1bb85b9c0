#pragma once
// One line of syslog, read: RFC 5424, RFC 3164 and what devices send instead. Pure; any I/O thread.
//
// Hardly a line is refused: a device that errs in its header may still say that its disk is dead.
// What cannot be told keeps its default and is said in `flaws`; the rest of the line is the text.
// Nothing is copied or allocated: the views live in the line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rules/model/time.hpp"
#include "rules/model/zone.hpp"

namespace tocsin {

inline constexpr std::size_t syslog_line_bytes_max = 64 * 1024;

// What the listener knows when the line does not say it.
struct SyslogDefaults {
  Wall received_at{};          // says the year that RFC 3164 leaves out
  const Zone* zone = nullptr;  // of times without one; null: UTC
};

struct SyslogMessage {
  // What a line left out or got wrong; a bit each.
  enum Flaw : std::uint8_t {
    no_priority = 1,         // absent or over 191: user.notice is assumed
    no_time = 2,             // none that can be read
    no_host = 4,             // the peer is the host
    bad_structured_data = 8  // begins and does not end: it is part of the text
  };
  std::uint8_t facility = 1;  // 0 to 23; user
  std::uint8_t severity = 5;  // 0 (emergency) to 7 (debug); notice
  std::uint8_t flaws = 0;
  bool rfc5424 = false;
  Wall time{};  // 0: none
  // Empty where absent. A message of a Cisco device has its mnemonic for a program, LINK-3-UPDOWN,
  // and keeps it in the text.
  std::string_view host, program, process, message_id;
  std::string_view structured_data;  // "[id name="value"]...", whole and well-formed, or empty
  std::string_view text;             // without blanks around it, without BOM

  // The value of a parameter, escapes resolved. Nothing when there is none.
  std::optional<std::string> parameter(std::string_view id, std::string_view name) const;
};

enum class SyslogError : std::uint8_t {
  none,
  empty,     // nothing, or nothing after its header
  too_long,  // over syslog_line_bytes_max
};
std::string_view name(SyslogError error);

// A trailing line end is no part of the line, and may stand there.
SyslogError parse_syslog(std::string_view line, const SyslogDefaults& defaults, SyslogMessage& out);

// "kern", "err"; -1 for a word that is none. Aliases of syslog.conf (panic, error, warn, security).
int syslog_facility(std::string_view word);
int syslog_severity(std::string_view word);
std::string_view syslog_facility_name(std::uint8_t facility);
std::string_view syslog_severity_name(std::uint8_t severity);

}  // namespace tocsin
