#include "connectors/in/syslog/framing.hpp"

#include <algorithm>

#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\0')) line.remove_suffix(1);
  return line;
}

}  // namespace

SyslogFraming::Failure SyslogFraming::fail(Failure failure) {
  part_ = {};
  return failure_ = failure;
}

SyslogFraming::Failure SyslogFraming::feed(std::string_view chunk, const Each& each) {
  if (failure_ != Failure::none || chunk.empty()) return failure_;
  if (mode_ == Mode::detect) mode_ = is_digit(chunk[0]) ? Mode::octet_counting : Mode::line_feed;
  return mode_ == Mode::octet_counting ? counted(chunk, each) : lines(chunk, each);
}

SyslogFraming::Failure SyslogFraming::counted(std::string_view chunk, const Each& each) {
  while (!chunk.empty()) {
    if (!in_message_) {
      const char c = chunk[0];
      chunk.remove_prefix(1);
      if (is_digit(c)) {
        if (length_ == 0 && c == '0') return fail(Failure::bad_length);
        length_ = length_ * 10 + static_cast<std::size_t>(c - '0');
        if (length_ > message_bytes_max_ && !planted("line_without_end"))
          return fail(Failure::too_long);
      } else if (c == ' ' && length_ > 0) {
        in_message_ = true;
      } else {
        return fail(Failure::bad_length);
      }
      continue;
    }
    // Whole in this chunk, it is not copied.
    const std::size_t wanted = length_ - part_.size(), n = std::min(wanted, chunk.size());
    if (n < wanted || !part_.empty()) part_.append(chunk.substr(0, n));
    const std::string_view message = part_.empty() ? chunk.substr(0, n) : std::string_view(part_);
    chunk.remove_prefix(n);
    if (n < wanted) break;
    if (const auto line = without_end(message); !line.empty()) each(line);
    part_.clear();
    length_ = 0, in_message_ = false;
  }
  return failure_;
}

SyslogFraming::Failure SyslogFraming::lines(std::string_view chunk, const Each& each) {
  while (!chunk.empty()) {
    const std::size_t stop = chunk.find('\n');
    const std::size_t n = std::min(stop, chunk.size());
    if (part_.size() + n > message_bytes_max_ && !planted("line_without_end"))
      return fail(Failure::too_long);
    if (stop == std::string_view::npos) {
      part_.append(chunk);
      break;
    }
    if (!part_.empty()) part_.append(chunk.substr(0, n));
    const std::string_view message = part_.empty() ? chunk.substr(0, n) : std::string_view(part_);
    if (const auto line = without_end(message); !line.empty()) each(line);
    part_.clear();
    chunk.remove_prefix(n + 1);
  }
  return failure_;
}

SyslogFraming::Failure SyslogFraming::end(const Each& each) {
  if (failure_ != Failure::none) return failure_;
  if (mode_ == Mode::octet_counting) return length_ > 0 ? fail(Failure::cut_off) : Failure::none;
  if (const auto line = without_end(part_); !line.empty()) each(line);
  part_.clear();
  return Failure::none;
}

std::string_view name(SyslogFraming::Failure failure) {
  switch (failure) {
    case SyslogFraming::Failure::none:
      return "none";
    case SyslogFraming::Failure::bad_length:
      return "bad_length";
    case SyslogFraming::Failure::too_long:
      return "too_long";
    case SyslogFraming::Failure::cut_off:
      return "cut_off";
  }
  return "";
}

}  // namespace tocsin
