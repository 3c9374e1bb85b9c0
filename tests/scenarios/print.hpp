#pragma once
// Facts, pages and answers as lines of a scenario. Keys, serials and hashes are left out: a reader
// at night has no use for them, and the simulator watches them.

#include <string>

#include "rules/model/codec.hpp"
#include "rules/model/command.hpp"
#include "rules/model/page.hpp"

namespace tocsin::scenario {

// "09:00:02.000", with the day in front when it is not the first one ("day 2 09:00:02.000").
class TimeText {
 public:
  explicit TimeText(std::int64_t first_day_ms) : first_(first_day_ms) {}
  std::string operator()(std::int64_t ms) const;

 private:
  std::int64_t first_;
};

std::string fact_line(const FactView& fact, const TimeText& time);
std::string order_line(const SendOrder& order);
std::string answer_line(const Answer& answer);

}  // namespace tocsin::scenario
