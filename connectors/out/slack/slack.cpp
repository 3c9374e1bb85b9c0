#include "connectors/out/slack/slack.hpp"

#include <boost/json.hpp>

#include "connectors/out/text/page_text.hpp"
#include "connectors/out/text/template.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

namespace json = boost::json;

// Slack's own limits are far away from 600 characters; only a link can reach one.
constexpr std::size_t button_url_max = 3000;

constexpr const char* section_template =
    "{{#lead}}{{lead}}\n{{/lead}}"
    "*{{priority}}{{#number}} {{number}}{{/number}}* {{title}}\n"
    "{{#summary}}{{summary}}\n{{/summary}}"
    "{{#ci}}CI {{ci}}{{#service}}, service {{service}}{{/service}}\n{{/ci}}"
    "{{^ci}}{{#service}}Service {{service}}\n{{/service}}{{/ci}}"
    "{{#impact}}Impact: {{impact}}\n{{/impact}}"
    "{{#since}}Since {{since}}\n{{/since}}"
    "{{#response_due}}Respond by *{{response_due}}*\n{{/response_due}}"
    "{{#resolution_due}}Restore by *{{resolution_due}}*\n{{/resolution_due}}"
    "{{#owner}}Taken by {{owner}}\n{{/owner}}"
    "{{#known_error}}Known error {{known_error}}\n{{/known_error}}"
    "{{#runbook_link}}<{{runbook}}|Runbook>\n{{/runbook_link}}"
    "{{^runbook_link}}{{#runbook}}Runbook {{runbook}}\n{{/runbook}}{{/runbook_link}}";

json::object section(const PageWords& words) {
  json::object text{{"type", "mrkdwn"},
                    {"text", fill_template(section_template, words, Escape::slack)},
                    {"verbatim", true}};
  return {{"type", "section"}, {"text", std::move(text)}};
}

json::object context(const std::string& words) {
  json::object text{{"type", "mrkdwn"}, {"text", slack_escaped(words)}, {"verbatim", true}};
  return {{"type", "context"}, {"elements", json::array{std::move(text)}}};
}

json::object button(const PageWords& words) {
  json::object label{{"type", "plain_text"}, {"text", "Open " + words.number}};
  json::object link{{"type", "button"}, {"text", std::move(label)}, {"url", words.link}};
  return {{"type", "actions"}, {"elements", json::array{std::move(link)}}};
}

Delivery encode(const SendOrder& o) {
  const PageWords words = page_words(o);
  json::array blocks{section(words)};
  if (!o.person.empty())
    blocks.push_back(context(std::string(name(o.kind)) + " for " + printable(o.person, 80)));
  if (is_web_link(words.link) && words.link.size() <= button_url_max)
    blocks.push_back(button(words));
  json::object body;
  body["text"] = slack_escaped(short_text(o));  // in notifications, and where blocks are not shown
  body["blocks"] = std::move(blocks);
  Delivery out;
  out.kind = Delivery::Kind::http;
  out.headers = {{"Content-Type", "application/json"}};
  out.body = json::serialize(body);
  const auto url = o.channel_settings.find("url");
  if (url != o.channel_settings.end()) out.url = url->second;
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Slack means "ok" and nothing else. `{"ok":false,...}` is its word that it will not; anything else
// with 200 is somebody else's, such as a proxy that wants a login.
ChannelAnswer read(int status, std::string_view body) {
  const std::string_view said = trimmed(body);
  ChannelAnswer out;
  out.detail = "HTTP " + std::to_string(status);
  if (status == 200 && said == "ok") {
    out.outcome = AttemptOutcome::accepted;
    return out;
  }
  if (!said.empty()) out.detail += ": " + printable(said, 120);
  if (status == 200)
    out.outcome = said.starts_with("{") ? AttemptOutcome::refused : AttemptOutcome::not_sent;
  else if (status == 429 || status == 503 || (status > 200 && status < 300))
    out.outcome = AttemptOutcome::not_sent;
  else if (status == 408 || status >= 500 || status < 200)
    out.outcome = AttemptOutcome::unknown;
  else  // invalid_token, no_service, channel_is_archived, invalid_payload: it will not change
    out.outcome = AttemptOutcome::refused;
  return out;
}

constexpr SettingSpec settings[] = {
    {"url", SettingSpec::Type::url, true, "of the incoming webhook; whoever has it may post"},
};

}  // namespace

const ChannelKind slack_channel{"slack", encode, read, settings};

}  // namespace tocsin
