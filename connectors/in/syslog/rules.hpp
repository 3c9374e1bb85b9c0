#pragma once
// Which rule wants a line of syslog, if any. Built once per configuration, immutable, shared by all
// I/O threads.
//
// All expressions of all rules are one RE2::Set: a line is looked at once, however many rules there
// are, and a line that nobody wants costs no allocation. Rules are asked in their order, each first
// whether the line clears it, then whether it matches; the first yes wins, so that a line is one
// event. Program and facility are asked of both, the severity only of a line that matches: what
// says that all is well is seldom an error. Should the set run out of its memory, the rules are
// asked one by one: slow, and right.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/in/syslog/message.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

struct SyslogMatch {
  const SyslogRule* rule = nullptr;  // null: no rule wants it
  bool clears = false;
  // Named groups that took part, in the order of the expression; views into names of the rules and
  // into the line.
  std::vector<std::pair<std::string_view, std::string_view>> captures;
};

class SyslogRules {
 public:
  static constexpr std::size_t rules_max = 2000, expression_bytes_max = 2048, captures_max = 16;

  // What is wrong with an expression or with the names of its groups.
  struct Fault {
    std::size_t rule;
    std::string_view key;  // program, match, clear, notes, set
    std::string message;
  };
  // Null when there are faults. The rules are copied.
  static std::shared_ptr<const SyslogRules> compile(std::vector<SyslogRule> rules,
                                                    std::vector<Fault>& faults);
  ~SyslogRules();

  // `out` is reused from call to call.
  void match(const SyslogMessage& message, SyslogMatch& out) const;
  // The set had no memory left so often, and the rules were asked one by one.
  std::uint64_t out_of_memory() const { return out_of_memory_.load(std::memory_order_relaxed); }

  const std::vector<SyslogRule>& rules() const { return rules_; }

 private:
  struct Compiled;
  explicit SyslogRules(std::vector<SyslogRule> rules);
  bool wants(std::size_t expression, const SyslogMessage& message, SyslogMatch& out) const;
  void ask_all(const SyslogMessage& message, SyslogMatch& out) const;

  std::vector<SyslogRule> rules_;
  std::unique_ptr<Compiled> compiled_;
  mutable std::atomic<std::uint64_t> out_of_memory_{0};
};

}  // namespace tocsin
