// Any bytes as a line: it is a message or has a named error, every view stays inside the line, and
// what a rule makes of it is a well-formed alert.
#include <cstdint>
#include <functional>
#include <string_view>

#include "connectors/in/syslog/syslog.hpp"

namespace {

using namespace tocsin;

std::shared_ptr<const SyslogRules> everything() {
  SyslogRule rule;
  rule.id = "a", rule.alertname = "A", rule.quiet_after = seconds(1);
  rule.match = "(?s)(?P<first>\\S*)\\s?(?P<rest>.*)", rule.clear = "(?P<first>\\S*) ends";
  rule.notes = {"rest"}, rule.summary = "{first} {rest}";
  std::vector<SyslogRules::Fault> faults;
  return SyslogRules::compile({rule}, faults);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto rules = everything();
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const Wall now{1'800'000'000'000};
  SyslogMessage m;
  if (parse_syslog(line, {now, nullptr}, m) == SyslogError::none) {
    const std::less_equal<const char*> before;
    for (const auto view : {m.host, m.program, m.process, m.message_id, m.structured_data, m.text})
      if (!view.empty() && (!before(line.data(), view.data()) ||
                            !before(view.data() + view.size(), line.data() + line.size())))
        __builtin_trap();
    if (m.facility > 23 || m.severity > 7) __builtin_trap();
    (void)m.parameter("meta", "sequenceId");
    (void)m.parameter("a", "x");
  }
  AlertBatch batch;
  const auto instead = decode_syslog(line, *rules, {"192.0.2.7", now, true, nullptr}, batch);
  if (instead.has_value() != batch.alerts.empty()) __builtin_trap();
  for (const auto& alert : batch.alerts)
    if (!batch.text(alert).valid() || batch.text(alert).labels().empty()) __builtin_trap();
  return 0;
}
