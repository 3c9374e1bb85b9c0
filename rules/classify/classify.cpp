#include "rules/classify/classify.hpp"

#include <algorithm>
#include <array>

namespace tocsin {
namespace {

// process.md 4.2.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> symptoms{{
    {"S01", "unavailable"},
    {"S02", "slow or degraded"},
    {"S03", "errors returned"},
    {"S04", "intermittent"},
    {"S05", "wrong or missing data"},
    {"S06", "access denied"},
    {"S07", "capacity exhausted"},
    {"S08", "capacity forecast"},
    {"S09", "job failed or late"},
    {"S10", "security suspicion"},
    {"S11", "hardware alarm"},
    {"S12", "no data"},
    {"S13", "drift or misconfiguration"},
    {"S14", "certificate or licence expiry"},
    {"S15", "backlog growing"},
    {"S99", "other"},
}};

bool in_tree(const Settings& settings, std::string_view category, std::string_view subcategory) {
  const auto it = settings.tree.categories.find(category);
  return it != settings.tree.categories.end() &&
         std::find(it->second.begin(), it->second.end(), subcategory) != it->second.end();
}

std::string_view first_of(AlertText text, std::initializer_list<std::string_view> annotations) {
  for (auto name : annotations)
    if (const auto value = text.annotation(name); !value.empty()) return value;
  return {};
}

const CategoryDefault* default_of(const std::vector<CategoryDefault>& known, std::string_view of) {
  const auto it =
      std::lower_bound(known.begin(), known.end(), of,
                       [](const CategoryDefault& d, std::string_view w) { return d.of < w; });
  return it != known.end() && it->of == of ? &*it : nullptr;
}

// The heartbeat whose silence the alert is about.
const Heartbeat* missed_heartbeat(const Prepared& alert, const Settings& settings) {
  const bool known = alert.heartbeat >= 0 &&
                     static_cast<std::size_t>(alert.heartbeat) < settings.heartbeats.size();
  return known ? &settings.heartbeats[static_cast<std::size_t>(alert.heartbeat)] : nullptr;
}

void categorize(Verdict& v, const Prepared& alert, const Rule* rule, const Settings& settings) {
  if (const Heartbeat* h = missed_heartbeat(alert, settings)) {
    v.category = h->category, v.subcategory = h->subcategory, v.symptom = h->symptom;
    v.rule = h->key;
    return;
  }
  const auto category = alert.text.label("category"), subcategory = alert.text.label("subcategory");
  if (!category.empty() && in_tree(settings, category, subcategory)) {
    v.category = category, v.subcategory = subcategory, v.rule = "m010";
    return;
  }
  if (rule && !rule->category.empty()) {
    v.category = rule->category, v.rule = rule->id;
    if (!rule->subcategory.empty()) v.subcategory = rule->subcategory;
    if (!rule->symptom.empty()) v.symptom = rule->symptom;
    return;
  }
  const CategoryDefault* d = default_of(settings.class_defaults, v.ci_class);
  if (!d) d = default_of(settings.facility_defaults, alert.text.annotation("facility"));
  if (d) v.category = d->category, v.subcategory = d->subcategory, v.rule = d->rule;
}

}  // namespace

std::string_view symptom_word(std::string_view code) {
  for (const auto& [c, word] : symptoms)
    if (c == code) return word;
  return "other";
}

bool is_forecast(std::string_view symptom) {
  return symptom == "S08" || symptom == "S14";
}

Verdict classify(const Prepared& alert, const Settings& settings) {
  Verdict v;
  const Ci* ci = alert.ci.empty() ? nullptr : settings.ci(alert.ci);
  const Rule* rule = alert.rule >= 0 && static_cast<std::size_t>(alert.rule) < settings.rules.size()
                         ? &settings.rules[static_cast<std::size_t>(alert.rule)]
                         : nullptr;
  if (ci) {
    v.ci_class = ci->ci_class;
    v.environment = ci->environment;
    v.service = ci->ci_class == service_class ? std::string_view(ci->id)
                : ci->supports.empty()        ? std::string_view{}
                                              : std::string_view(ci->supports.front());
  }
  if (v.service.empty()) v.service = alert.text.label("service");
  categorize(v, alert, rule, settings);
  if (const auto symptom = alert.text.label("symptom"); symptom_word(symptom) != "other")
    v.symptom = symptom;
  const Heartbeat* missed = missed_heartbeat(alert, settings);
  v.group = missed && !missed->group.empty() ? std::string_view(missed->group)
            : rule && !rule->group.empty()   ? std::string_view(rule->group)
            : ci && !ci->group.empty()       ? std::string_view(ci->group)
                                             : std::string_view(settings.default_group);
  v.name = alert.text.label("alertname");
  if (v.name.empty()) v.name = alert.text.label("key");
  v.summary = first_of(alert.text, {"summary", "description", "message"});
  if (v.summary.empty()) v.summary = v.name;
  v.runbook = first_of(alert.text, {"runbook_url", "runbook"});
  return v;
}

std::string_view shorten(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string title_of(const Verdict& v, std::string_view ci) {
  std::string out(v.symptom == "S99" && !v.name.empty() ? v.name : symptom_word(v.symptom));
  if (!ci.empty()) out.append(" on ").append(ci);
  if (!v.summary.empty() && v.summary != v.name)
    out.append(": ").append(v.summary);
  else if (v.symptom != "S99" && !v.name.empty())
    out.append(": ").append(v.name);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return std::string(shorten(out, 160));
}

}  // namespace tocsin
