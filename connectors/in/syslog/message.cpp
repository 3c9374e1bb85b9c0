#include "connectors/in/syslog/message.hpp"

#include <algorithm>
#include <array>

#include "connectors/in/syslog/legacy.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

constexpr std::array<std::string_view, 24> facilities{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
constexpr std::array<std::string_view, 8> severities{"emerg",   "alert",  "crit", "err",
                                                     "warning", "notice", "info", "debug"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "<165>": cut off when it is one, also when its number is too large to mean something.
void take_priority(std::string_view& rest, SyslogMessage& out) {
  std::size_t n = 1;
  int value = 0;
  while (n < rest.size() && n < 5 && is_digit(rest[n])) value = value * 10 + (rest[n++] - '0');
  const bool shaped = rest.starts_with('<') && n > 1 && n < rest.size() && rest[n] == '>';
  if (shaped) rest.remove_prefix(n + 1);
  if (!shaped || value > 191) {
    out.flaws |= SyslogMessage::no_priority;
    return;
  }
  out.facility = static_cast<std::uint8_t>(value >> 3);
  out.severity = static_cast<std::uint8_t>(value & 7);
}

// The length of "[id name="value" ...][...]" at the start of `text`; 0 when it is not well-formed.
std::size_t structured_data_size(std::string_view text) {
  std::size_t at = 0;
  const auto name_end = [&](std::size_t from) {
    while (from < text.size() && static_cast<unsigned char>(text[from]) > ' ' &&
           text[from] != '=' && text[from] != ']' && text[from] != '"')
      ++from;
    return from;
  };
  while (at < text.size() && text[at] == '[') {
    const std::size_t id = name_end(at + 1);
    if (id == at + 1) return 0;
    at = id;
    while (at < text.size() && text[at] == ' ') {
      while (at < text.size() && text[at] == ' ') ++at;
      if (at < text.size() && text[at] == ']') break;
      const std::size_t name = name_end(at);
      if (name == at || text.substr(name, 2) != "=\"") return 0;
      for (at = name + 2; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == ']') return 0;
        if (text[at] == '\\' && at + 1 < text.size()) ++at;
      }
      if (at >= text.size()) return 0;
      ++at;
    }
    if (at >= text.size() || text[at] != ']') return 0;
    ++at;
  }
  return at;
}

// A field of the header and the one blank behind it; "-" is none.
std::string_view take_field(std::string_view& rest) {
  const std::size_t end = std::min(rest.size(), rest.find(' '));
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return field == "-" ? std::string_view{} : field;
}

// "1 2003-10-11T22:14:15.003Z " or "1 - ": cuts it off. The time must look like one: "<13>1 disk is
// full" is a text.
bool take_version_and_time(std::string_view& rest, SyslogMessage& out) {
  std::size_t n = 0;
  while (n < rest.size() && n < 3 && is_digit(rest[n])) ++n;
  if (n == 0 || rest[0] == '0' || n >= rest.size() || rest[n] != ' ') return false;
  std::string_view later = rest.substr(n + 1);
  const std::string_view time = take_field(later);
  const auto at = parse_rfc3339(time);
  const bool looks_so =
      time.size() > 4 && time[4] == '-' && std::all_of(time.begin(), time.begin() + 4, is_digit);
  const bool none = time.empty() && rest.substr(n + 1).starts_with('-');
  if (!at && !none && !looks_so) return false;
  if (at)
    out.time = *at;
  else
    out.flaws |= SyslogMessage::no_time;
  rest = later;
  return true;
}

void parse_rfc5424(std::string_view rest, SyslogMessage& out) {
  out.rfc5424 = true;
  out.host = take_field(rest);
  out.program = take_field(rest);
  out.process = take_field(rest);
  out.message_id = take_field(rest);
  if (out.host.empty()) out.flaws |= SyslogMessage::no_host;
  if (rest.starts_with('[')) {
    const std::size_t n = structured_data_size(rest);
    if (n > 0 && (n == rest.size() || rest[n] == ' ')) {
      out.structured_data = rest.substr(0, n);
      rest.remove_prefix(n);
    } else {
      out.flaws |= SyslogMessage::bad_structured_data;
    }
  } else if (rest == "-" || rest.starts_with("- ")) {
    rest.remove_prefix(1);
  }
  out.text = rest;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(blanks) + 1 - first);
  if (!text.starts_with(bom)) return text;
  text.remove_prefix(bom.size());
  return trimmed(text);
}

template <std::size_t N>
int index_of(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto at = std::find(words.begin(), words.end(), word);
  return at == words.end() ? -1 : static_cast<int>(at - words.begin());
}

}  // namespace

SyslogError parse_syslog(std::string_view line, const SyslogDefaults& defaults,
                         SyslogMessage& out) {
  out = {};
  if (line.size() > syslog_line_bytes_max) return SyslogError::too_long;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == '\0'))
    line.remove_suffix(1);
  line = trimmed(line);
  if (line.empty()) return SyslogError::empty;
  take_priority(line, out);
  if (take_version_and_time(line, out))
    parse_rfc5424(line, out);
  else
    parse_legacy(line, defaults, out);
  out.text = trimmed(out.text);
  const bool nothing = out.text.empty() && out.host.empty() && out.program.empty();
  return nothing && !out.rfc5424 ? SyslogError::empty : SyslogError::none;
}

std::optional<std::string> SyslogMessage::parameter(std::string_view id,
                                                    std::string_view name) const {
  // It is well-formed, so that each step finds what it looks for.
  std::string_view rest = structured_data;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t end = rest.find_first_of(" ]");
    const bool wanted = rest.substr(0, end) == id;
    rest.remove_prefix(end);
    while (rest[0] == ' ') {
      rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
      if (rest[0] == ']') break;
      const std::string_view key = rest.substr(0, rest.find('='));
      rest.remove_prefix(key.size() + 2);
      std::string value;
      std::size_t i = 0;
      for (; rest[i] != '"'; ++i) {
        const bool escaped =
            rest[i] == '\\' && (rest[i + 1] == '"' || rest[i + 1] == '\\' || rest[i + 1] == ']');
        value += rest[escaped ? ++i : i];
      }
      rest.remove_prefix(i + 1);
      if (wanted && key == name) return value;
    }
    rest.remove_prefix(1);
  }
  return {};
}

std::string_view name(SyslogError error) {
  switch (error) {
    case SyslogError::none:
      return "none";
    case SyslogError::empty:
      return "empty";
    case SyslogError::too_long:
      return "too_long";
  }
  return "";
}

int syslog_facility(std::string_view word) {
  if (word == "security") return 4;
  return index_of(facilities, word);
}
int syslog_severity(std::string_view word) {
  if (word == "panic" || word == "emergency") return 0;
  if (word == "critical") return 2;
  if (word == "error") return 3;
  if (word == "warn") return 4;
  if (word == "informational") return 6;
  return index_of(severities, word);
}
std::string_view syslog_facility_name(std::uint8_t facility) {
  return facility < facilities.size() ? facilities[facility] : "user";
}
std::string_view syslog_severity_name(std::uint8_t severity) {
  return severity < severities.size() ? severities[severity] : "notice";
}

}  // namespace tocsin
