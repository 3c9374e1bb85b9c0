// The examples that rules carry, run through the same code that classifies alerts in service.
#include <algorithm>

#include "config/load.hpp"
#include "connectors/in/syslog/syslog.hpp"
#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/prepare.hpp"

namespace tocsin {
namespace {

std::vector<Pair> pairs(const std::map<std::string, std::string>& map) {
  std::vector<Pair> out;
  for (const auto& [name, value] : map)
    if (!value.empty()) out.emplace_back(name, value);
  return out;
}

// The alert that the example is about; false: `why` there is none.
bool make_alert(const Example& example, const Settings& settings, AlertBatch& batch,
                std::string& why) {
  if (example.line.empty()) {
    IncomingAlert incoming;
    pack_alert(batch.bytes, pairs(example.labels), pairs(example.annotations), "");
    incoming.text_size = static_cast<std::uint32_t>(batch.bytes.size());
    batch.alerts.push_back(incoming);
    return true;
  }
  SyslogTransport believed;
  believed.peer = "192.0.2.1", believed.may_clear = true;
  const auto instead = decode_syslog(example.line, *settings.syslog, believed, batch);
  if (instead == Disposition::unmatched) return why = "no rule matches it", false;
  if (instead) return why = "it is no message of syslog", false;
  const auto taken = batch.text(batch.alerts[0]).label("rule");
  if (taken != example.rule) why = "rule '" + std::string(taken) + "' takes it first";
  return why.empty();
}

std::string_view found(std::string_view key, const Prepared& alert, const Verdict& verdict,
                       const Assessment& assessment) {
  if (key == "category") return verdict.category;
  if (key == "subcategory") return verdict.subcategory;
  if (key == "symptom") return verdict.symptom;
  if (key == "group") return verdict.group;
  if (key == "ci") return alert.ci;
  if (key == "severity") return name(alert.severity);
  if (key == "class") return name(alert.event_class);
  if (key == "priority") return name(assessment.priority);
  if (key == "clears") return alert.resolved ? "true" : "false";
  const auto label = alert.text.label(key);
  return label.empty() ? alert.text.annotation(key) : label;
}

void run(const Example& example, const Settings& settings, std::vector<Diagnostic>& out) {
  const auto wrong = [&](std::string message) {
    out.push_back({*example.mark.file, example.mark.line, example.mark.column,
                   "example of rule '" + example.rule + "': " + std::move(message)});
  };
  AlertBatch batch;
  std::string why;
  if (!make_alert(example, settings, batch, why)) return wrong(why);
  const Prepared alert =
      prepare(batch, batch.alerts[0], settings, Fingerprint{}, 0, Wall{}, Span{}, example.source);
  if (example.line.empty()) {
    if (alert.rule < 0) return wrong("no rule matches it");
    const std::string& taken = settings.rules[static_cast<std::size_t>(alert.rule)].id;
    if (taken != example.rule) return wrong("rule '" + taken + "' takes it first");
  }
  const Verdict verdict = classify(alert, settings);
  const Assessment assessment = assess({alert.ci, verdict.symptom, alert.severity, {}}, settings);
  for (const auto& [key, expected] : example.expect)
    if (const auto actual = found(key, alert, verdict, assessment); actual != expected)
      wrong("expected " + key + " " + expected + ", found " +
            (actual.empty() ? "none" : std::string(actual)));
}

}  // namespace

std::vector<Diagnostic> run_examples(const Loaded& loaded) {
  std::vector<Diagnostic> out;
  if (loaded.settings)
    for (const auto& example : loaded.examples) run(example, *loaded.settings, out);
  return out;
}

}  // namespace tocsin
