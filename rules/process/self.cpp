#include "rules/process/self.hpp"

#include <algorithm>

#include "rules/process/lifecycle.hpp"

namespace tocsin {
namespace {

// In a row, over at least this time, and the channel counts as failing: a burst of pages into one
// short hiccup does not.
constexpr std::uint32_t failures_max = 5;
constexpr Span failing_for = minutes(1);
constexpr std::size_t forgotten_max = 16;        // channels of one reload: facts stay bounded
constexpr std::size_t sentence_bytes_max = 200;  // of the process about itself: ASCII
constexpr std::string_view subcategory = "paging";

std::string ci_of(const Deciding& d, std::string_view channel) {
  return d.settings.instance_name + "/" + std::string(channel);
}

// The incident must wake now.
std::optional<IncidentNumber> raise(const Deciding& d, IncidentNumber n, std::string_view reason) {
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  if (row.priority <= Priority::P2 || row.acknowledged_at != never || row.verify_due != never)
    return {};
  d.out.add(
      PriorityChanged{n, 2, 2, row.priority, Priority::P2, Severity::error, true, d.now, reason});
  return n;
}

bool about_us(const Deciding& d, IncidentNumber n) {
  const std::uint32_t slot = d.state.incident_slot(n);
  if (slot == no_slot) return false;
  const IncidentRow& row = d.state.incidents().at(slot);
  return row.self || row.drill;
}

// n 0: there is nothing to recover.
void recovers(const Deciding& d, IncidentNumber n) {
  if (!n) return;
  const IncidentRow row = d.state.incidents().at(d.state.incident_slot(n));
  if (row.verify_due != never || row.prompted) return;
  d.out.add(RecoverySeen{n, d.wall(), d.now + d.settings.verify[index(row.priority)]});
}

}  // namespace

std::optional<IncidentNumber> open_about(const State& state, std::string_view ci,
                                         std::string_view subcategory) {
  const auto* live = state.incidents_of(ci);
  if (!live) return {};
  for (IncidentNumber n : *live) {
    const IncidentRow& row = state.incidents().at(state.incident_slot(n));
    if (row.unresolved() && row.self && row.words().subcategory == subcategory) return n;
  }
  return {};
}

IncidentNumber open_self(const Deciding& d, std::string_view title, std::string_view category,
                         std::string_view subcategory, Severity severity, Priority priority,
                         std::string_view reason, std::string_view ci) {
  NewIncident n;
  n.title = title, n.summary = title, n.ci_match = CiMatch::exact;
  n.ci = ci.empty() ? std::string_view(d.settings.instance_name) : ci;
  n.category = category, n.subcategory = subcategory, n.symptom = "S99", n.rule = "self";
  n.group = d.settings.default_group, n.reason = reason;
  n.origin = Origin::self, n.self = true, n.severity = severity;
  n.impact = static_cast<std::uint8_t>(std::min<std::size_t>(index(priority) + 1, 3));
  n.urgency = static_cast<std::uint8_t>(index(severity) + 1);
  n.priority = priority;
  n.occurred_at = d.wall(), n.escalate_due = d.now;
  return open_incident(d, n);
}

std::optional<IncidentNumber> watch_channel(const Deciding& d, const ChannelNews& news,
                                            Instant next_step) {
  if (news.result == ChannelNews::Result::took)
    return recovers(d, incident_about(d, news.channel)), std::nullopt;
  if (!d.settings.channel(news.channel)) return {};  // gone from the configuration: nothing to mend
  const auto it = d.state.globals().channel_health.find(news.channel);
  const bool keeps_failing = it != d.state.globals().channel_health.end() &&
                             it->second.failures >= failures_max &&
                             it->second.failing_since + failing_for <= d.now;
  const bool nobody = news.result == ChannelNews::Result::reached_nobody;
  if (news.result == ChannelNews::Result::failed && !keeps_failing) return {};
  // A page about our own channels that fails says nothing new, and must not open the next one.
  if (about_us(d, news.incident)) return {};
  const std::string ci = ci_of(d, news.channel);
  if (const auto n = open_about(d.state, ci, subcategory)) {
    fail_verification(d, *n, "the channel " + news.channel, next_step);
    return nobody ? raise(d, *n, "a page reached nobody") : std::nullopt;
  }
  const std::string title = "channel " + news.channel + " does not take pages" +
                            (news.detail.empty() ? "" : ": " + news.detail);
  const std::string reason = nobody ? "a page for " + news.person + " reached nobody"
                             : keeps_failing
                                 ? std::to_string(it->second.failures) + " attempts in a row failed"
                                 : "it refused a page; the next channel of the person was tried";
  return open_self(d, title, "monitoring", subcategory,
                   nobody ? Severity::error : Severity::warning,
                   nobody ? Priority::P2 : Priority::P3, reason, ci);
}

IncidentNumber incident_about(const Deciding& d, std::string_view channel) {
  return open_about(d.state, ci_of(d, channel), subcategory).value_or(IncidentNumber{});
}

std::optional<IncidentNumber> watch_laws(const Deciding& d, std::string_view broken,
                                         Instant next_step) {
  const IncidentNumber n = incident_about_laws(d);
  if (broken.empty()) return recovers(d, n), std::nullopt;
  if (n) return fail_verification(d, n, "the auditor", next_step), std::nullopt;
  return open_self(d, "a law of tocsin does not hold: " + std::string(broken.substr(0, 160)),
                   "monitoring", "laws", Severity::error, Priority::P2,
                   "the auditor found it twice, 15 s apart");
}

IncidentNumber incident_about_laws(const Deciding& d) {
  return open_about(d.state, d.settings.instance_name, "laws").value_or(IncidentNumber{});
}

namespace {

std::string ci_of(const Deciding& d, const ReportTrouble& trouble) {
  return trouble.about.empty() ? d.settings.instance_name : ci_of(d, trouble.about);
}

// How a trouble is told. Space that is little and space that is gone are one incident.
struct TroubleWords {
  std::string_view category, subcategory, reason;
  bool wakes;
};
TroubleWords words_of(Trouble what) {
  switch (what) {
    case Trouble::input_quarantined:
      return {"monitoring", "quarantine", "it was in hand at two crashes", true};
    case Trouble::little_space:
      return {"storage", "filesystem", "below the mark at which people are told", false};
    case Trouble::no_space:
      return {"storage", "filesystem", "no alert is taken any more", true};
    case Trouble::over_quota:
      return {"monitoring", "quota", "alerts above the quota were refused for a minute", false};
    default:
      return {"monitoring", "process", "a process ends badly when it crashes or gives up", false};
  }
}

}  // namespace

std::optional<IncidentNumber> watch_process(const Deciding& d, const ReportTrouble& trouble,
                                            Instant next_step) {
  const IncidentNumber n = incident_about_process(d, trouble);
  const std::string_view sentence = trouble.sentence;
  if (sentence.empty()) return recovers(d, n), std::nullopt;
  const TroubleWords words = words_of(trouble.what);
  if (n) {
    fail_verification(d, n, "the process", next_step);
    d.out.add(NoteAdded{n, "daemon", sentence.substr(0, sentence_bytes_max)});
    return words.wakes ? raise(d, n, words.reason) : std::nullopt;
  }
  return open_self(d, sentence.substr(0, sentence_bytes_max), words.category, words.subcategory,
                   words.wakes ? Severity::error : Severity::warning,
                   words.wakes ? Priority::P2 : Priority::P3, words.reason, ci_of(d, trouble));
}

IncidentNumber incident_about_process(const Deciding& d, const ReportTrouble& trouble) {
  return open_about(d.state, ci_of(d, trouble), words_of(trouble.what).subcategory)
      .value_or(IncidentNumber{});
}

void forget_quotas(const Deciding& d, const Settings& next) {
  for (const std::string& source : d.state.globals().sources)
    if (std::find(next.sources.begin(), next.sources.end(), source) == next.sources.end())
      recovers(d, incident_about_process(d, {Trouble::over_quota, "", source}));
}

void forget_channels(const Deciding& d, const Settings& next) {
  std::vector<std::string> gone;
  for (const auto& [name, health] : d.state.globals().channel_health)
    if (!next.channel(name) && gone.size() < forgotten_max) gone.push_back(name);
  for (const std::string& name : gone) {
    recovers(d, incident_about(d, name));
    d.out.add(ChannelForgotten{name});
  }
}

}  // namespace tocsin
