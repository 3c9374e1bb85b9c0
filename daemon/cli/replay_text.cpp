// A replay for a terminal and for a pull request.

#include <algorithm>

#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/replay_report.hpp"
#include "daemon/cli/table.hpp"

namespace tocsin::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string when(const ReplayReport& r, const Knot& knot) {
  return api::rfc3339(r.record.wall(r.record.events[knot.first_event].at));
}

std::vector<const Knot*> of_kind(const ReplayReport& r, std::size_t kind) {
  std::vector<const Knot*> out;
  for (const Knot& knot : r.difference.knots)
    if (index(knot.kind) == kind) out.push_back(&knot);
  return out;
}

std::string more(std::size_t all, std::size_t shown) {
  return all > shown ? "... and " + std::to_string(all - shown) + " more (--limit 0 for all)" : "";
}

std::string knot_lines(const ReplayReport& r) {
  std::string out;
  for (std::size_t kind = 0; kind < EnumTable<KnotKind>::count; ++kind) {
    const auto knots = of_kind(r, kind);
    if (knots.empty()) continue;
    out += "\n" + std::string(EnumTable<KnotKind>::names[kind]) + "\n";
    const std::size_t count = shown(r, knots.size());
    for (std::size_t i = 0; i < count; ++i) {
      const Knot& knot = *knots[i];
      const std::string recorded = recorded_words(knot), told = told_words(knot);
      out += "  " + when(r, knot) + "  " + printable(shown_incident(r, knot).title) +
             (recorded.empty() ? "" : "  [" + recorded + "]") + "\n";
      if (const std::string what = what_changed(r, knot); !what.empty())
        out += "      " + printable(what) + "\n";
      if (!told.empty()) out += "      " + printable(told) + "\n";
    }
    if (const auto rest = more(knots.size(), count); !rest.empty()) out += "  " + rest + "\n";
  }
  return out;
}

Rows disposition_rows(const ReplayReport& r) {
  Rows rows;
  for (const auto& [pair, change] : r.difference.dispositions)
    rows.push_back({std::string(disposition_word(pair.first)),
                    std::string(disposition_word(pair.second)), std::to_string(change.events),
                    alert_words(r.record.events[change.first_event])});
  return rows;
}

std::string left_out_lines(const ReplayReport& r) {
  std::string out;
  const auto& acts = r.record.left_out;
  const std::size_t count = shown(r, acts.size());
  for (std::size_t i = 0; i < count; ++i)
    out += "  " + api::rfc3339(r.record.wall(acts[i].at)) + "  " + printable(acts[i].by) + " " +
           std::string(acts[i].what) + " " + to_text(acts[i].incident) + "\n";
  std::uint64_t all = 0;
  for (const auto& [what, n] : r.record.left_out_by) all += n;
  if (const auto rest = more(all, count); !rest.empty()) out += "  " + rest + "\n";
  return out;
}

// Words of others inside a table: no markup of theirs is read.
std::string code(std::string_view text) {
  std::string out = "`";
  for (const char c : printable(text)) {
    if (c == '`')
      out += '\'';
    else if (c == '|')
      out += "\\|";
    else
      out += c;
  }
  return text.empty() ? "" : out + "`";
}

void table_head(std::string& out, const std::vector<std::string>& names, std::size_t numbers_from) {
  for (const auto& name : names) out += "| " + name + " ";
  out += "|\n";
  for (std::size_t i = 0; i < names.size(); ++i) out += i < numbers_from ? "|---" : "|--:";
  out += "|\n";
}

std::string markdown_knots(const ReplayReport& r) {
  std::string out;
  table_head(out, {"", "incident", "first alert", "in service", "what differs", "who is told"}, 6);
  for (std::size_t kind = 0; kind < EnumTable<KnotKind>::count; ++kind) {
    const auto knots = of_kind(r, kind);
    const std::size_t count = shown(r, knots.size());
    const std::string word(EnumTable<KnotKind>::names[kind]);
    for (std::size_t i = 0; i < count; ++i)
      out += "| " + word + " | " + code(shown_incident(r, *knots[i]).title) + " | " +
             when(r, *knots[i]) + " | " + recorded_words(*knots[i]) + " | " +
             code(what_changed(r, *knots[i])) + " | " + code(told_words(*knots[i])) + " |\n";
    if (knots.size() > count)
      out += "| " + word + " | and " + std::to_string(knots.size() - count) + " more | | | | |\n";
  }
  return out;
}

}  // namespace

std::string replay_text(const ReplayReport& r) {
  std::string out = "replay of " + replay_span(r) + "\n";
  out += "before: " + r.before_name + "\nafter:  " + r.after_name + "\n\n";
  Rows figures = replay_figures(r);
  figures.insert(figures.begin(), {"", "BEFORE", "AFTER"});
  out += table(figures) + "\n" + replay_verdict(r) + "\n" + knot_lines(r);
  if (Rows rows = disposition_rows(r); !rows.empty()) {
    rows.insert(rows.begin(), {"EVENTS BEFORE", "AFTER", "COUNT", "THE FIRST"});
    for (auto& row : rows) row.back() = printable(row.back());
    out += "\n" + table(rows);
  }
  out += "\nwhat a replay cannot know\n";
  for (const std::string& sentence : replay_unknowns(r)) out += "  - " + printable(sentence) + "\n";
  return out + left_out_lines(r);
}

std::string replay_markdown(const ReplayReport& r) {
  std::string out = "### Replay of " + replay_span(r) + "\n\n" + replay_verdict(r) + "\n\n";
  table_head(out, {"", code(r.before_name), code(r.after_name)}, 1);
  for (const auto& row : replay_figures(r))
    out += "| " + row[0] + " | " + row[1] + " | " + row[2] + " |\n";
  if (!r.difference.knots.empty()) out += "\n" + markdown_knots(r);
  if (const Rows rows = disposition_rows(r); !rows.empty()) {
    out += "\n";
    table_head(out, {"events before", "after", "count", "the first"}, 4);
    for (const auto& row : rows)
      out += "| " + row[0] + " | " + row[1] + " | " + row[2] + " | " + code(row[3]) + " |\n";
  }
  out += "\n<details><summary>What a replay cannot know</summary>\n\n";
  for (const std::string& sentence : replay_unknowns(r)) out += "- " + printable(sentence) + "\n";
  const std::string acts = left_out_lines(r);
  if (!acts.empty()) out += "\n```\n" + acts + "```\n";
  return out + "\n</details>\n";
}

}  // namespace tocsin::cli
