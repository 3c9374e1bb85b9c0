#include "connectors/out/text/page_text.hpp"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

namespace mustache = kainjow::mustache;

constexpr const char* template_text =
    "{{first_words}}{{priority}} {{number}} {{title}}\n"
    "{{#summary}}{{summary}}\n{{/summary}}"
    "{{#ci}}CI {{ci}}{{#service}}, service {{service}}{{/service}}\n{{/ci}}"
    "{{^ci}}{{#service}}Service {{service}}\n{{/service}}{{/ci}}"
    "Since {{since}}\n"
    "{{#response_due}}Respond by {{response_due}}\n{{/response_due}}"
    "{{#owner}}Taken by {{owner}}\n{{/owner}}"
    "{{#runbook}}Runbook {{runbook}}\n{{/runbook}}"
    "{{#link}}{{link}}\n{{/link}}";

std::string_view first_words(const SendOrder& o) {
  if (o.kind == PageKind::recall) return "Over, nothing to do: ";
  if (o.kind == PageKind::notice) return "About the alerting itself: ";
  switch (o.why) {
    case WhyPage::priority_raised:
      return "More urgent now: ";
    case WhyPage::restored_prompt:
      return "Restored, please confirm: ";
    case WhyPage::monitoring_silent:
      return "Monitoring fell silent: ";
    case WhyPage::recalled:
      return "Over, nothing to do: ";
    case WhyPage::repeat_due:
      return "Still nobody answered: ";
    case WhyPage::policy_exhausted:
      return "Nobody answered any page: ";
    case WhyPage::nobody_to_page:
      return "Nobody else is there to be told: ";
    default:
      return o.kind == PageKind::inform ? "For information: " : "";
  }
}

struct Fields {
  std::string title, summary, runbook, link;
};

// Lists of fields are walked by the template; an empty one is absent for it.
std::string render(const SendOrder& o, const Fields& f) {
  mustache::data data;
  const auto set = [&data](const char* key, const std::string& value) {
    if (!value.empty()) data.set(key, value);
  };
  const bool asks = o.kind == PageKind::page && o.owner.empty();
  set("first_words", std::string(first_words(o)));
  set("priority", std::string(name(o.priority)));
  set("number", to_text(o.incident));
  set("title", f.title);
  set("summary", f.summary);
  set("ci", printable(o.ci, 80));
  set("service", o.service == o.ci ? "" : printable(o.service, 80));
  set("since", people_text(o.since));
  set("response_due", asks && o.response_due != Wall{} ? people_text(o.response_due) : "");
  set("owner", printable(o.owner, 60));
  set("runbook", f.runbook);
  set("link", f.link);
  mustache::mustache text{std::string(template_text)};
  text.set_custom_escape([](const std::string& plain) { return plain; });
  return text.render(data);
}

std::string clipped(std::string_view text, std::size_t room) {
  if (characters(text) <= room) return std::string(text);
  if (room < 4) return {};
  return std::string(first_characters(text, room - 3)) + "...";
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

// What names the incident stays; a link is whole or absent; words are cut.
std::string page_text(const SendOrder& o) {
  const std::string title = printable(o.title, 2048), summary = printable(o.summary, 2048);
  Fields f{"", "", printable(o.runbook, 2048), printable(o.link, 2048)};
  const auto room = [&] {
    const std::size_t used = characters(render(o, f)) + 2;  // two line ends that may come
    return used < page_text_characters ? page_text_characters - used : 0;
  };
  if (room() < 160) f.runbook.clear();
  if (room() < 160) f.link.clear();
  f.title = clipped(title, room());
  if (!summary.empty() && title.find(summary) == std::string::npos)
    f.summary = clipped(summary, room());
  return render(o, f);
}

std::string subject_of(const SendOrder& o) {
  std::string out = "[" + to_text(o.incident);
  if (o.cycle > 1) out += "/" + std::to_string(o.cycle);
  return out + "] " + printable(o.title, 160);
}

}  // namespace tocsin
