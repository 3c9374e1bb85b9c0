#include "connectors/out/text/page_text.hpp"

#include <algorithm>

#include "connectors/out/text/template.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

constexpr std::size_t known_error_bytes = 200;  // what is cut of it stands in the incident

constexpr const char* whole_template =
    "{{lead}}{{priority}} {{#number}}{{number}} {{/number}}{{title}}\n"
    "{{#summary}}{{summary}}\n{{/summary}}"
    "{{#ci}}CI {{ci}}{{#service}}, service {{service}}{{/service}}\n{{/ci}}"
    "{{^ci}}{{#service}}Service {{service}}\n{{/service}}{{/ci}}"
    "{{#impact}}Impact: {{impact}}\n{{/impact}}"
    "{{#since}}Since {{since}}\n{{/since}}"
    "{{#response_due}}Respond by {{response_due}}\n{{/response_due}}"
    "{{#resolution_due}}Restore by {{resolution_due}}\n{{/resolution_due}}"
    "{{#owner}}Taken by {{owner}}\n{{/owner}}"
    "{{#known_error}}Known error {{known_error}}\n{{/known_error}}"
    "{{#runbook}}Runbook {{runbook}}\n{{/runbook}}"
    "{{#link}}{{link}}\n{{/link}}";

std::string_view words_before(const SendOrder& o) {
  if (o.percent >= 100) return "The time to restore it is over: ";
  if (o.percent >= 90) return "90 % of the time to restore it is used up: ";
  if (o.percent >= 75) return "75 % of the time to restore it is used up: ";
  if (o.percent >= 50) return "50 % of the time to restore it is used up: ";
  switch (o.why) {
    case WhyPage::priority_raised:
      return "More urgent now: ";
    case WhyPage::override_review:
      return "More urgent than it was set to, please look: ";
    case WhyPage::restored_prompt:
      return "Restored, please confirm: ";
    case WhyPage::monitoring_silent:
      return "Monitoring fell silent: ";
    case WhyPage::repeat_due:
      return "Still nobody answered: ";
    case WhyPage::policy_exhausted:
      return "Nobody answered any page: ";
    case WhyPage::nobody_to_page:
      return "Nobody else is there to be told: ";
    case WhyPage::caller_reminded:
      return "No answer yet to the question: ";
    case WhyPage::no_response:
      return "Resolved, since nobody answered: ";
    case WhyPage::hold_over:
      return "It waits no longer, please go on: ";
    case WhyPage::major_proposed:
      return "A major incident? Decide within 10 minutes: ";
    default:
      break;
  }
  switch (o.kind) {
    case PageKind::recall:
      return "Resolved, nothing to do: ";
    case PageKind::notice:
      return "About the alerting itself: ";
    case PageKind::inform:
      return "For information: ";
    default:
      return "";
  }
}

// What is major says so first.
std::string lead_of(const SendOrder& o) {
  if (!o.major) return std::string(words_before(o));
  const bool said = o.why == WhyPage::major_accepted;
  return "MAJOR: " + std::string(said ? "" : words_before(o));
}

std::string plain(const PageWords& words) {
  return fill_template(whole_template, words, Escape::none);
}

std::string clipped(std::string_view text, std::size_t room) {
  if (characters(text) <= room) return std::string(text);
  if (room < 4) return {};
  return std::string(first_characters(text, room - 3)) + "...";
}

// "13:50 CET", with the day when it is another one for the reader than that of the message.
std::string time_words(const SendOrder& o, Wall at) {
  return people_text_at(at, o.zone.get(), o.now);
}

}  // namespace

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string_view first_characters(std::string_view utf8, std::size_t count) {
  std::size_t at = 0;
  for (; at < utf8.size(); ++at)
    if ((static_cast<unsigned char>(utf8[at]) & 0xC0) != 0x80 && count-- == 0) break;
  return utf8.substr(0, at);
}

bool is_web_link(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://")) &&
         text.find_first_of(" \"<>\\^`{|}") == std::string_view::npos;
}

// What names the incident stays; a link is whole or absent; words are cut.
PageWords page_words(const SendOrder& o) {
  const std::string title = printable(o.title, 2048), summary = printable(o.summary, 2048);
  const bool over = o.kind == PageKind::recall;
  const bool asks = o.kind == PageKind::page && o.owner.empty();
  PageWords w;
  w.lead = lead_of(o);
  w.priority = name(o.priority), w.number = number_of(o);
  w.ci = printable(o.ci, 80), w.service = o.service == o.ci ? "" : printable(o.service, 80);
  w.impact = over ? "" : printable(o.impact, 60);
  w.since = o.since != Wall{} ? time_words(o, o.since) : "";
  w.response_due = asks && o.response_due != Wall{} ? time_words(o, o.response_due) : "";
  w.resolution_due = (asks || o.percent > 0) && o.resolution_due != Wall{}
                         ? time_words(o, o.resolution_due)
                         : "";
  w.owner = printable(o.owner, 60);
  if (!over && !o.known_error.empty())
    w.known_error = printable(o.known_error + ": " + o.workaround, known_error_bytes);
  w.runbook = over ? "" : printable(o.runbook, 2048);
  w.link = printable(o.link, 2048);
  const auto room = [&w] {
    const std::size_t used = characters(plain(w)) + 2;  // two line ends that may come
    return used < page_text_characters ? page_text_characters - used : 0;
  };
  if (room() < 160) w.runbook.clear();
  if (room() < 160) w.known_error.clear();
  if (room() < 160) w.link.clear();
  w.title = clipped(title, room());
  if (!summary.empty() && title.find(summary) == std::string::npos)
    w.summary = clipped(summary, room());
  return w;
}

std::string number_of(const SendOrder& o) {
  return o.incident ? to_text(o.incident) : "";
}

std::string page_text(const SendOrder& o) {
  return plain(page_words(o));
}

std::string page_text_within(const SendOrder& o, std::size_t bytes) {
  PageWords w = page_words(o);
  const auto fits = [&] { return plain(w).size() <= bytes; };
  if (!fits()) w.summary.clear();
  if (!fits()) w.impact.clear(), w.owner.clear();
  if (!fits()) w.known_error.clear();
  if (!fits()) w.runbook.clear();
  if (!fits()) w.link.clear();
  return fits() ? plain(w) : short_text(o);
}

std::string short_text(const SendOrder& o) {
  std::string out(lead_of(o));
  out.append(name(o.priority)).append(" ");
  if (o.incident) out += number_of(o) + " ";
  out += printable(o.title, 2048);
  if (out.size() <= short_text_bytes) return out;
  return std::string(cut_utf8(out, short_text_bytes - 3)) + "...";
}

std::string subject_of(const SendOrder& o) {
  if (!o.incident) return "[" + std::string(name(o.priority)) + "] " + printable(o.title, 160);
  std::string out = "[" + number_of(o);
  if (o.cycle > 1) out += "/" + std::to_string(o.cycle);
  return out + "] " + printable(o.title, 160);
}

}  // namespace tocsin
