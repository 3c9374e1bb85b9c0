#pragma once
// The times that stand in front of a line, in the many ways in which they are written. Pure.
//
//   Mar  7 19:06:53              RFC 3164; also "mar", "Mar 7", a weekday before it
//   *Mar  7 19:06:53.485 UTC:    Cisco: the mark of a clock that is not set, a zone, a colon
//   Mar 7 2008 19:06:53, 2017 Mar 06 09:22:34, Mar 7 19:06:53 2008
//   2026-07-23T09:30:45.123+02:00, 2026-07-23 09:30:45,123
//
// A line that names no year means the last one that does not put it two days or more into the
// future. A zone that is not UTC by name is taken for the one of the defaults: letters do not say
// which CST is meant.

#include <string_view>

#include "connectors/in/syslog/message.hpp"

namespace tocsin {

// Cuts a time off `rest`, with the colon or blanks behind it. False, and nothing cut, when there is
// none.
bool take_syslog_time(std::string_view& rest, const SyslogDefaults& defaults, Wall& out);

}  // namespace tocsin
