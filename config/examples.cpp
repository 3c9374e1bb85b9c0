// The examples that rules carry, run through the same code that classifies alerts in service.
#include <algorithm>

#include "config/load.hpp"
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

std::string_view found(std::string_view key, const Prepared& alert, const Verdict& verdict,
                       const Assessment& assessment) {
  if (key == "category") return verdict.category;
  if (key == "subcategory") return verdict.subcategory;
  if (key == "symptom") return verdict.symptom;
  if (key == "group") return verdict.group;
  if (key == "ci") return alert.ci;
  if (key == "severity") return name(alert.severity);
  if (key == "class") return name(alert.event_class);
  return name(assessment.priority);
}

void run(const Example& example, const Settings& settings, std::vector<Diagnostic>& out) {
  const auto wrong = [&](std::string message) {
    out.push_back({*example.mark.file, example.mark.line, example.mark.column,
                   "example of rule '" + example.rule + "': " + std::move(message)});
  };
  AlertBatch batch;
  pack_alert(batch.bytes, pairs(example.labels), pairs(example.annotations), "");
  IncomingAlert incoming;
  incoming.text_size = static_cast<std::uint32_t>(batch.bytes.size());
  const Prepared alert = prepare(batch, incoming, settings, Fingerprint{}, 0, Wall{});
  if (alert.rule < 0) return wrong("no rule matches it");
  const std::string& taken = settings.rules[static_cast<std::size_t>(alert.rule)].id;
  if (taken != example.rule) return wrong("rule '" + taken + "' takes it first");
  const Verdict verdict = classify(alert, settings);
  const Assessment assessment = assess(alert.ci, alert.severity, settings);
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
