#include "connectors/in/syslog/legacy.hpp"

#include <algorithm>

#include "connectors/in/syslog/time.hpp"

namespace tocsin {
namespace {

constexpr std::size_t host_bytes_max = 255, tag_bytes_max = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
  return text;
}
std::string_view first_word(std::string_view text) {
  return text.substr(0, std::min(text.size(), text.find_first_of(" \t")));
}

// A name, an address of either version, or what F5 writes (slot1/name).
bool may_be_host(std::string_view word) {
  if (word.empty() || word.size() > host_bytes_max) return false;
  const bool clean = std::all_of(word.begin(), word.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' ||
           c == '/' || c == '%' || c == '@';
  });
  return clean &&
         std::any_of(word.begin(), word.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

// "%LINK-3-UPDOWN: ", "%ASA-3-003164: ": the mnemonic, without what is around it.
std::string_view mnemonic(std::string_view text) {
  if (!text.starts_with('%')) return {};
  const std::size_t end = text.substr(0, tag_bytes_max).find(':');
  if (end == std::string_view::npos) return {};
  const std::string_view inside = text.substr(1, end - 1);
  const std::size_t dash = inside.find('-');
  bool severity = false;
  for (std::size_t i = 0; i + 2 < inside.size(); ++i)
    severity = severity || (inside[i] == '-' && inside[i + 1] >= '0' && inside[i + 1] <= '7' &&
                            inside[i + 2] == '-');
  const bool clean = std::all_of(inside.begin(), inside.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '/';
  });
  return clean && severity && dash > 0 ? inside : std::string_view{};
}

// "sshd[123]: ", "su: ", "postfix/smtpd[9] ": fills in the program and answers how much it was; 0
// when the text begins with no tag. With `sure` only what has a process counts.
std::size_t tag(std::string_view text, bool sure, std::string_view& program,
                std::string_view& process) {
  const std::size_t end = text.substr(0, tag_bytes_max).find_first_of(" \t:[");
  if (end == 0 || end == std::string_view::npos || is_blank(text[end])) return 0;
  const std::string_view name = text.substr(0, end);
  if (!is_letter(name[0]) && !is_digit(name[0]) && name[0] != '_' && name[0] != '/' &&
      name[0] != '(' && name[0] != '-')
    return 0;
  for (char c : name)
    if (c == '=' || c == '"' || c == ',' || static_cast<unsigned char>(c) <= ' ') return 0;
  std::size_t size = end;
  std::string_view inside;
  if (text[end] == '[') {
    const std::size_t close = text.substr(0, end + tag_bytes_max).find(']', end);
    if (close == std::string_view::npos) return 0;
    inside = text.substr(end + 1, close - end - 1);
    size = close + 1;
  } else if (sure) {
    return 0;
  }
  if (size < text.size() && text[size] == ':')
    ++size;
  else if (sure || text[end] == ':')
    return 0;
  // "10:20:30 or 12" and "::1" are no programs.
  if (text[end] == ':' && std::all_of(name.begin(), name.end(), is_digit)) return 0;
  program = name, process = inside;
  return size;
}

// Cisco numbers its messages, twice if it is told to, and leaves a colon where the number is off.
std::string_view after_sequence(std::string_view rest) {
  for (int i = 0; i < 2; ++i) {
    std::size_t n = 0;
    while (n < rest.size() && n < 12 && is_digit(rest[n])) ++n;
    if (n + 1 >= rest.size() || rest[n] != ':' || !is_blank(rest[n + 1])) break;
    rest = skip_blanks(rest.substr(n + 1));
  }
  return rest;
}

class Legacy {
 public:
  Legacy(std::string_view rest, const SyslogDefaults& defaults, SyslogMessage& out)
      : rest_(rest), defaults_(defaults), out_(out) {}

  void run() {
    rest_ = after_sequence(skip_blanks(rest_));
    const bool timed = take_syslog_time(rest_, defaults_, out_.time) || host_before_time();
    if (!timed) out_.flaws |= SyslogMessage::no_time;
    if (out_.host.empty()) take_host(timed);
    if (out_.host.empty()) out_.flaws |= SyslogMessage::no_host;
    take_tag();
    out_.text = rest_;
  }

 private:
  // "host-0042: Mar  4 11:45:20: %SYSMGR-..."
  bool host_before_time() {
    std::string_view word = first_word(rest_);
    std::string_view later = skip_blanks(rest_.substr(word.size()));
    if (word.ends_with(':')) word.remove_suffix(1);
    later = after_sequence(later);
    if (!may_be_host(word) || !take_syslog_time(later, defaults_, out_.time)) return false;
    out_.host = word;
    rest_ = later;
    return true;
  }

  void take_host(bool timed) {
    // "TZ-6": what some write between the time and the host
    if (timed && rest_.starts_with("TZ") && rest_.size() > 3 &&
        (rest_[2] == '-' || rest_[2] == '+'))
      rest_ = skip_blanks(rest_.substr(first_word(rest_).size()));
    std::string_view word = first_word(rest_);
    const std::string_view behind = skip_blanks(rest_.substr(word.size()));
    std::string_view program, process;
    if (!mnemonic(rest_).empty() || word == ":") return;
    // A colon ends a tag; only before a mnemonic it ends a host.
    const bool cisco = !mnemonic(after_colon(behind)).empty();
    if (word.ends_with(':')) {
      if (!cisco) return;
      word.remove_suffix(1);
    }
    if (!may_be_host(word) || (!cisco && tag(rest_, false, program, process) > 0)) return;
    // Without a time nothing says that a host comes first, unless what follows is surely a tag.
    if (!timed && !cisco && tag(behind, true, program, process) == 0) return;
    out_.host = word;
    rest_ = behind;
  }

  static std::string_view after_colon(std::string_view text) {
    return text.starts_with(": ") ? skip_blanks(text.substr(1)) : text;
  }

  void take_tag() {
    rest_ = after_colon(rest_);
    if (const std::string_view cisco = mnemonic(rest_); !cisco.empty()) {
      out_.program = cisco;  // and stays in the text, which is how people know it
      return;
    }
    const std::string_view word = first_word(rest_);
    const std::string_view behind = skip_blanks(rest_.substr(word.size()));
    if (syslog_severity(word) >= 0)
      if (const std::size_t n = tag(behind, true, out_.program, out_.process); n > 0)
        return void(rest_ = behind.substr(n));
    rest_.remove_prefix(tag(rest_, false, out_.program, out_.process));
  }

  std::string_view rest_;
  const SyslogDefaults& defaults_;
  SyslogMessage& out_;
};

}  // namespace

void parse_legacy(std::string_view rest, const SyslogDefaults& defaults, SyslogMessage& out) {
  Legacy(rest, defaults, out).run();
}

}  // namespace tocsin
