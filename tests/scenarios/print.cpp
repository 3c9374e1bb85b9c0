#include "tests/scenarios/print.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "rules/dump.hpp"
#include "rules/model/silence.hpp"
#include "rules/model/storm_text.hpp"

namespace tocsin::scenario {
namespace {

constexpr std::int64_t day_ms = 86'400'000;

std::string spoken(const std::string& value) {
  if (!value.empty() && value.find_first_of(" =") == std::string::npos) return value;
  return "\"" + value + "\"";
}

// The pairs of a Tallied fact in words: "duplicate 3".
std::string pairs(std::string_view packed, bool dispositions) {
  std::string out;
  for (std::size_t i = 0; i + 5 <= packed.size(); i += 5) {
    std::uint32_t n;
    std::memcpy(&n, packed.data() + i + 1, sizeof n);
    const auto which = static_cast<std::uint8_t>(packed[i]);
    if (!out.empty()) out += ", ";
    out += (dispositions ? std::string(name(static_cast<Disposition>(which))) + " "
                         : "source " + std::to_string(which) + " ") +
           std::to_string(n);
  }
  return out;
}

class Fields {
 public:
  Fields(std::string& out, const TimeText& time) : out_(out), time_(time) {}
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const char* n, T v) {
    if (v != T{} && std::string_view(n) != "history" && std::string_view(n) != "key")
      put(n, std::to_string(v));
  }
  void operator()(const char* n, bool v) {
    if (v) put(n, "yes");
  }
  template <Named E>
  void operator()(const char* n, E e) {
    put(n, std::string(name(e)));
  }
  template <class Tag, class Value>
  void operator()(const char* n, Strong<Tag, Value> s) {
    const std::string_view field(n);
    if (s && field != "serial" && field != "epoch") put(n, std::to_string(s.value));
  }
  void operator()(const char* n, IncidentNumber i) {
    if (i) put(n, tocsin::to_text(i));
  }
  void operator()(const char* n, RequestNumber i) {
    if (i) put(n, tocsin::to_text(i));
  }
  void operator()(const char* n, Instant t) {
    if (std::string_view(n) == "lease") return;
    if (t == never)
      put(n, "never");
    else if (t == when_resumed)
      put(n, "when_resumed");
    else if (t == when_uninhibited)
      put(n, "when_uninhibited");
    else if (t.ms)
      put(n, time_(t.ms));
  }
  void operator()(const char* n, Wall t) {
    if (t.ms) put(n, time_(t.ms));
  }
  void operator()(const char*, const Fingerprint&) {}
  void operator()(const char*, const PageKey&) {}
  void operator()(const char*, const LinkKey&) {}
  void operator()(const char* n, std::string_view text) {
    if (text.empty()) return;
    const std::string_view field(n);
    if (field == "keys") return put(n, std::to_string(text.size() / 8));
    if (field == "cis") {
      std::string list(text);
      std::replace(list.begin(), list.end(), '\n', ',');
      return put(n, list);
    }
    put(n, field == "matchers"    ? matchers_text(text)
           : field == "counts"    ? storm_counts_text(text)
           : field == "relations" ? relations_text(text)
                                  : std::string(text));
  }

 private:
  void put(const char* n, const std::string& value) {
    out_.append(" ").append(n).append("=").append(spoken(value));
  }
  std::string& out_;
  const TimeText& time_;
};

template <class F>
void tell(std::string& out, F fact, const TimeText& time) {
  if constexpr (std::is_same_v<F, Tallied>) {
    out += " " + pairs(fact.dispositions, true);
  } else if constexpr (std::is_same_v<F, ConfigApplied>) {
    out.append(" why=").append(fact.why);
  } else if constexpr (std::is_same_v<F, StoreCreated>) {
    out += " format=" + std::to_string(fact.format);
  } else if constexpr (std::is_same_v<F, AlertOpened> || std::is_same_v<F, AlertAnnotated> ||
                       std::is_same_v<F, EventSetAside>) {
    const AlertText text(fact.text);
    fact.text = {};
    out.append(" ").append(text.label("alertname"));
    fact.fields(Fields(out, time));
  } else {
    fact.fields(Fields(out, time));
  }
}

}  // namespace

std::string TimeText::operator()(std::int64_t ms) const {
  const std::int64_t since = ms - first_;
  const std::int64_t day = since >= 0 ? since / day_ms : -((day_ms - 1 - since) / day_ms);
  const auto in_day = static_cast<int>(since - day * day_ms);
  char clock[32];
  std::snprintf(clock, sizeof clock, "%02d:%02d:%02d.%03d", in_day / 3'600'000,
                in_day / 60'000 % 60, in_day / 1000 % 60, in_day % 1000);
  return day == 0 ? clock : "day" + std::to_string(day + 1) + "T" + clock;
}

std::string fact_line(const FactView& view, const TimeText& time) {
  std::string out = time(view.at.ms) + "  " + std::string(fact_name(view.tag));
  with_fact(view, [&](const auto& fact) { tell(out, fact, time); });
  return out;
}

std::string order_line(const SendOrder& o) {
  std::string out = "-> " + std::string(name(o.kind)) + " to " +
                    (o.person.empty() ? "nobody in particular" : o.person) + " by " + o.channel;
  if (o.attempt > 1) out += ", attempt " + std::to_string(o.attempt);
  out += ": " + std::string(name(o.priority)) + " " + tocsin::to_text(o.incident) + " " + o.title;
  return o.known_error.empty() ? out : out + ", known error " + o.known_error + ": " + o.workaround;
}

std::string answer_line(const Answer& a) {
  static constexpr const char* words[] = {
      "done",      "already", "not found",       "illegal transition",
      "forbidden", "invalid", "reason required", "shed",
      "expired"};
  std::string out = std::string("= ") + words[static_cast<std::size_t>(a.code)];
  if (a.request) out += " " + tocsin::to_text(a.request);
  if (!a.message.empty()) out += ": " + a.message;
  for (const auto& [field, what] : a.fields) out += "; " + field + ": " + what;
  return out;
}

}  // namespace tocsin::scenario
