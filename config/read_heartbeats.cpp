// The section heartbeats: what is expected to be heard of again and again.
#include <algorithm>

#include "config/compiler.hpp"
#include "rules/heartbeats.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::config {
namespace {

constexpr Span every_min = seconds(10), every_max = hours(24 * 366), grace_max = hours(24 * 31);
constexpr Span grace_default = minutes(1);
constexpr std::int64_t missed_max = 100;
constexpr std::size_t name_bytes_max = 64, summary_bytes_max = 512;

// Part of a path.
bool is_name(std::string_view text) {
  return text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
             "-_.") == std::string_view::npos &&
         text != "." && text != "..";
}

bool says(std::string_view name, std::string_view word) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  };
  return std::search(name.begin(), name.end(), word.begin(), word.end(), same) != name.end();
}

// What it is when nobody says so (process.md 4.4, m290, m310 and m210): a backup by its name, a
// part of the monitoring when alerts keep it alive, else a job.
void classify(Heartbeat& h) {
  struct Kind {
    const char *category, *subcategory, *symptom;
  };
  const Kind kind = says(h.name, "backup") ? Kind{"backup", "backup_missing", "S09"}
                    : !h.match.empty()     ? Kind{"monitoring", "agent_down", "S12"}
                                           : Kind{"application", "job_batch", "S09"};
  if (h.category.empty()) h.category = kind.category, h.subcategory = kind.subcategory;
  if (h.symptom.empty()) h.symptom = kind.symptom;
}

}  // namespace

void Compiler::heartbeat_times(Reader& item, Heartbeat& h) {
  const auto out_of = [&](const char* key, Span span, Span low, Span high, const char* range) {
    const Node* given = item.find(key);
    if (span < low || span > high)
      report_.error(given ? given->mark : item.mark(), std::string(key) + " is " + range);
  };
  item.required("every");
  h.every = every_min;  // when it cannot be read, one error is enough
  item.duration("every", h.every);
  out_of("every", h.every, every_min, every_max, "10s to 366d");
  h.grace = grace_default;
  item.duration("grace", h.grace);
  out_of("grace", h.grace, {}, grace_max, "0s to 31d");
  std::int64_t missed = 1;
  item.integer("missed", 1, missed_max, missed);
  h.missed = static_cast<std::uint16_t>(missed);
}

void Compiler::heartbeat_alert(Reader& item, Heartbeat& h) {
  h.ci = refer_text(Kind::ci, item.word("ci"));
  h.group = refer_text(Kind::group, item.word("group"));
  h.severity = item.choice<Severity>("severity").value_or(Severity::error);
  // It would be counted as a notice and open nothing, as if nobody had asked.
  if (h.severity == Severity::info)
    report_.error(item.find("severity")->mark,
                  "the severity of a heartbeat is critical, error or warning: who is silent is "
                  "more than a notice");
  category_of(item, h.category, h.subcategory);
  if (!h.category.empty() && h.subcategory.empty())
    report_.error(item.find("category")->mark, "a category needs its subcategory beside it");
  symptom_of(item, h.symptom);
  h.summary = item.text("summary");
  if (h.summary.size() > summary_bytes_max)
    report_.error(item.find("summary")->mark, "summary has at most 512 bytes");
}

void Compiler::heartbeats(Reader& root) {
  for (const auto& node : root.items("heartbeats")) {
    Reader item(node, "a heartbeat", report_);
    Heartbeat h;
    const auto name = identity(item, "name", "heartbeat");
    heartbeat_times(item, h);
    h.match = matchers(item, "match");
    if (const Node* given = item.find("match")) {
      if (SilenceIndex::fits_everything(h.match))
        report_.error(given->mark, "match is of matchers that not everything fits");
      if (h.match.size() > SilenceLimits::matchers ||
          pack_matchers(h.match).size() > SilenceLimits::packed_bytes)
        report_.error(given->mark, "match has at most 32 matchers of 8192 bytes in all");
    }
    heartbeat_alert(item, h);
    item.finish();
    if (!name) continue;
    h.name = *name;
    const Mark mark = item.find("name")->mark;
    if (h.name.size() > name_bytes_max || !is_name(h.name))
      report_.error(mark,
                    "the name of a heartbeat is part of a path: at most 64 of a-z, A-Z, 0-9, '-', "
                    "'_' and '.', not '" +
                        h.name + "'");
    heartbeat_marks_[h.name] = item.mark();
    classify(h);
    settings.heartbeats.push_back(std::move(h));
    if (settings.heartbeats.size() == heartbeats_max + 1)
      report_.error(node.mark, "there are more than 10000 heartbeats");
  }
}

void Compiler::compile_heartbeats() {
  for (const auto& [name, why] : index_heartbeats(settings))
    report_.error(heartbeat_marks_[name], why);
}

}  // namespace tocsin::config
