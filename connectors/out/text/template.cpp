#include "connectors/out/text/template.hpp"

#include <kainjow/mustache.hpp>
#include <map>
#include <utility>

#include "rules/model/planted.hpp"

namespace tocsin {

namespace mustache = kainjow::mustache;

std::string slack_escaped(std::string_view text) {
  if (planted("mention_in_a_page")) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

namespace {

// Parsed once a thread: pages come in hundreds, and parsing is most of what a text costs.
mustache::mustache& parsed(const char* text, Escape escape) {
  thread_local std::map<std::pair<const char*, Escape>, mustache::mustache> known;
  const auto [it, first] = known.try_emplace({text, escape}, std::string(text));
  if (first && escape == Escape::none)
    it->second.set_custom_escape([](const std::string& plain) { return plain; });
  if (first && escape == Escape::slack)
    it->second.set_custom_escape([](const std::string& plain) { return slack_escaped(plain); });
  return it->second;
}

}  // namespace

std::string fill_template(const char* text, const PageWords& w, Escape escape) {
  mustache::data data;
  const std::pair<const char*, const std::string&> parts[] = {{"lead", w.lead},
                                                              {"priority", w.priority},
                                                              {"number", w.number},
                                                              {"title", w.title},
                                                              {"summary", w.summary},
                                                              {"ci", w.ci},
                                                              {"service", w.service},
                                                              {"impact", w.impact},
                                                              {"since", w.since},
                                                              {"owner", w.owner},
                                                              {"known_error", w.known_error},
                                                              {"response_due", w.response_due},
                                                              {"resolution_due", w.resolution_due},
                                                              {"runbook", w.runbook},
                                                              {"link", w.link}};
  for (const auto& [key, value] : parts)
    if (!value.empty()) data.set(key, value);
  if (is_web_link(w.runbook)) data.set("runbook_link", w.runbook);
  if (is_web_link(w.link)) data.set("button", w.link);
  return parsed(text, escape).render(data);
}

}  // namespace tocsin
