#include "daemon/cli/replay_report.hpp"

#include <algorithm>

#include "config/text.hpp"
#include "daemon/api/rfc3339.hpp"

namespace tocsin::cli {
namespace {

std::string number(std::uint64_t n) {
  return std::to_string(n);
}

std::string plural(std::uint64_t n, std::string_view one, std::string_view many) {
  return number(n) + " " + std::string(n == 1 ? one : many);
}

void add_word(std::string& out, const std::string& word) {
  if (!out.empty()) out += ", ";
  out += word;
}

// Rounded down to what people say: "3d4h", "12m", "5s".
Span rounded(Span span) {
  const std::int64_t unit = span > hours(48)     ? hours(1).ms
                            : span > minutes(60) ? minutes(1).ms
                                                 : seconds(1).ms;
  return {span.ms / unit * unit};
}

void unknowns_of_people(const Record& record, std::vector<std::string>& out) {
  std::string acts;
  for (const auto& [what, count] : record.left_out_by)
    add_word(acts, number(count) + " " + std::string(what));
  out.push_back(
      "What people would have done. Nobody answers in either run, so that steps go on, "
      "repeats go out until an incident is over, and every page counts as accepted at "
      "once. Left out: " +
      (acts.empty() ? "nothing, nobody did anything" : acts) +
      ". Silences and windows are made, changed and ended as they were.");
}

void unknowns_of_the_log(const ReplayReport& r, std::vector<std::string>& out) {
  const Record& record = r.record;
  if (record.begin > record.end - r.asked + minutes(1))
    out.push_back("What came in before the log begins: asked for " +
                  config::duration_text(r.asked) + ", have " +
                  config::duration_text(rounded(record.end - record.begin)) + ".");
  if (record.cut_short)
    out.push_back("What came in after " + api::rfc3339(record.wall(record.end)) +
                  ": there is more than a replay takes.");
  if (record.known_before > 0)
    out.push_back(plural(record.known_before, "alert", "alerts") +
                  " fired already when the record begins: both runs hear of them at its beginning, "
                  "so their incidents are new ones there.");
  if (record.without_text > 0)
    out.push_back(plural(record.without_text, "event", "events") +
                  " of alerts that began earlier, and whose words are not in the log any more.");
  if (record.missed > 0)
    out.push_back(plural(record.missed, "event", "events") +
                  " that were set aside and had no room in the log.");
  if (record.clock_steps > 0)
    out.push_back("The wall clock was set " + plural(record.clock_steps, "time", "times") +
                  ": all times are those of the clock at the end.");
}

}  // namespace

std::vector<std::string> replay_unknowns(const ReplayReport& r) {
  std::vector<std::string> out;
  unknowns_of_people(r.record, out);
  unknowns_of_the_log(r, out);
  out.push_back("Unchanged repeats (" + number(r.record.repeats) +
                " were counted): an alert falls silent where it did, whatever the configuration "
                "says about silence.");
  if (r.record.unmatched > 0)
    out.push_back(plural(r.record.unmatched, "line", "lines") +
                  " of syslog that no rule wanted: rules of syslog are not tried again.");
  if (r.record.other > 0)
    out.push_back(plural(r.record.other, "event", "events") +
                  " that came too late, were refused or could not be read.");
  for (const Outcome* outcome : {&r.before, &r.after})
    if (outcome->unheard_events > 0) {
      std::string names;
      for (const std::string& name : outcome->unheard) add_word(names, name);
      out.push_back(plural(outcome->unheard_events, "event", "events") + " of " + names +
                    ", which " + (outcome == &r.after ? r.after_name : r.before_name) +
                    " does not hear: left out of its run.");
    }
  return out;
}

// ---- words of a knot ----

const OutcomeIncident& shown_incident(const ReplayReport& r, const Knot& k) {
  return k.after.empty() ? r.before.incidents[k.before[0] - 1] : r.after.incidents[k.after[0] - 1];
}

std::string recorded_words(const Knot& knot) {
  std::string out;
  for (const IncidentNumber n : knot.recorded) add_word(out, to_text(n));
  return out;
}

std::string what_changed(const ReplayReport& r, const Knot& knot) {
  std::string out;
  if (knot.kind != KnotKind::changed) {
    const auto priorities = [](const Outcome& side, const std::vector<std::uint32_t>& numbers) {
      std::string text;
      for (std::size_t i = 0; i < numbers.size() && i < 4; ++i)
        text +=
            std::string(i ? " " : "") + std::string(name(side.incidents[numbers[i] - 1].highest));
      return text + (numbers.size() > 4 ? " ..." : "");
    };
    out = number(knot.before.size()) + " -> " + number(knot.after.size());
    const std::string was = priorities(r.before, knot.before), is = priorities(r.after, knot.after);
    out += " (" + was + (was.empty() || is.empty() ? "" : " -> ") + is + ")";
  }
  for (const FieldChange& change : knot.fields)
    add_word(out, std::string(change.field) + " " +
                      (change.field == "opened"
                           ? change.after
                           : (change.before.empty() ? "none" : change.before) + " -> " +
                                 (change.after.empty() ? "none" : change.after)));
  return out;
}

std::string told_words(const Knot& knot) {
  std::string out;
  for (const ToldChange& change : knot.told)
    add_word(out, std::string(name(change.key.kind)) + (change.key.again ? " again " : " ") +
                      change.key.recipient + " " + number(change.before) + " -> " +
                      number(change.after));
  return out;
}

std::string alert_words(const RecordedEvent& event) {
  const AlertText text(event.text);
  std::string out(text.label("alertname"));
  for (const char* label : {"ci", "instance", "host", "key"})
    if (const auto value = text.label(label); !value.empty() && value != out) {
      out.append(out.empty() ? "" : " on ").append(value);
      break;
    }
  return out.empty() ? "an alert without a name" : out;
}

std::size_t shown(const ReplayReport& r, std::size_t size) {
  return r.limit == 0 ? size : std::min<std::size_t>(size, r.limit);
}

// ---- figures ----

std::vector<std::vector<std::string>> replay_figures(const ReplayReport& r) {
  const Side &a = r.difference.before, &b = r.difference.after;
  std::vector<std::vector<std::string>> rows;
  const auto row = [&](std::string what, std::uint64_t before, std::uint64_t after) {
    if (before || after) rows.push_back({std::move(what), number(before), number(after)});
  };
  row("incidents", a.incidents, b.incidents);
  for (std::size_t p = 0; p < EnumTable<Priority>::count; ++p)
    row("incidents " + std::string(EnumTable<Priority>::names[p]), a.by_priority[p],
        b.by_priority[p]);
  row("pages", a.pages, b.pages);
  row("pages again, unanswered", a.again, b.again);
  row("other messages", a.told, b.told);
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> events;
  for (const auto& [word, count] : a.dispositions) events[word].first = count;
  for (const auto& [word, count] : b.dispositions) events[word].second = count;
  for (const auto& [word, counts] : events)
    row("events " + std::string(word), counts.first, counts.second);
  return rows;
}

std::string replay_span(const ReplayReport& r) {
  return api::rfc3339(r.record.wall(r.record.begin)) + " to " +
         api::rfc3339(r.record.wall(r.record.end)) + " (" +
         config::duration_text(rounded(r.record.end - r.record.begin)) + "), " +
         plural(r.record.events.size(), "event", "events");
}

std::string replay_verdict(const ReplayReport& r) {
  const Difference& d = r.difference;
  if (d.none()) return "Nothing would differ.";
  std::string out;
  for (std::size_t k = 0; k < EnumTable<KnotKind>::count; ++k)
    if (d.of_kind[k] > 0)
      add_word(out, number(d.of_kind[k]) + " " + std::string(EnumTable<KnotKind>::names[k]));
  out = "Incidents: " + (out.empty() ? "" : out + ", ") + number(d.same) +
        " the same. Pages: " + number(d.pages_added) + " added, " + number(d.pages_removed) +
        " removed.";
  std::string fields;
  for (const auto& [field, count] : d.fields)
    add_word(fields, std::string(field) + " " + number(count));
  return fields.empty() ? out : out + " Changed: " + fields + ".";
}

}  // namespace tocsin::cli
