#pragma once
// What stands between the priority and the text of RFC 3164, by those who read it loosely. Pure.
//
//   <34>Oct 11 22:14:15 mymachine su[12]: text     the letter of it
//   <30>Jun 23 13:17:42 chronyd[1119]: text        no host
//   <27>xapi: text                                 neither host nor time
//   <187>237: host: *Mar 1 18:48:50: %LINK-3-UPDOWN: text   Cisco, with numbers of its own
//   <166>Mar 4 11:45:20 host notice mcpd[6760]: text        F5 says the severity again

#include <string_view>

#include "connectors/in/syslog/message.hpp"

namespace tocsin {

// Fills in time, host, program, process and text of what follows the priority.
void parse_legacy(std::string_view rest, const SyslogDefaults& defaults, SyslogMessage& out);

}  // namespace tocsin
