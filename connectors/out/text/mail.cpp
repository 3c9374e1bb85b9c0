#include "connectors/out/text/mail.hpp"

#include "connectors/out/text/mail_words.hpp"
#include "connectors/out/text/page_text.hpp"
#include "connectors/out/text/template.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

// Quoted-printable never has "=_", so no text can hold it.
constexpr const char* boundary = "=_tocsin_parts";

constexpr const char* html_template = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; }
body { font: 17px/1.4 system-ui, sans-serif; margin: 16px; max-width: 40em; }
h1 { font-size: 21px; line-height: 1.3; margin: 0 0 12px; overflow-wrap: anywhere; }
p { margin: 0 0 10px; overflow-wrap: anywhere; }
.button { display: inline-block; padding: 12px 20px; border-radius: 8px; background: #0b57d0;
  color: #ffffff; font-weight: bold; text-decoration: none; }
</style>
</head>
<body>
{{#lead}}<p>{{lead}}</p>
{{/lead}}<h1>{{priority}} {{#number}}{{number}} {{/number}}{{title}}</h1>
{{#summary}}<p>{{summary}}</p>
{{/summary}}{{#ci}}<p>CI <b>{{ci}}</b>{{#service}}, service <b>{{service}}</b>{{/service}}</p>
{{/ci}}{{^ci}}{{#service}}<p>Service <b>{{service}}</b></p>
{{/service}}{{/ci}}{{#impact}}<p>Impact: {{impact}}</p>
{{/impact}}{{#since}}<p>Since <b>{{since}}</b>{{#response_due}}<br>
Respond by <b>{{response_due}}</b>{{/response_due}}{{#resolution_due}}<br>
Restore by <b>{{resolution_due}}</b>{{/resolution_due}}</p>
{{/since}}{{#owner}}<p>Taken by {{owner}}</p>
{{/owner}}{{#known_error}}<p>Known error {{known_error}}</p>
{{/known_error}}{{#runbook_link}}<p>Runbook <a href="{{runbook}}">{{runbook}}</a></p>
{{/runbook_link}}{{^runbook_link}}{{#runbook}}<p>Runbook {{runbook}}</p>
{{/runbook}}{{/runbook_link}}{{#button}}<p><a class="button" href="{{link}}">Open {{number}}</a></p>
{{/button}}</body>
</html>
)";

std::string with_crlf(std::string_view text) {
  std::string out;
  for (char c : text) c == '\n' ? out += "\r\n" : out += c;
  return out;
}

std::string head(const SendOrder& o, const std::string& from, const std::string& to) {
  const std::string number = to_text(o.incident), key = hex(o.key), host = mail_host(from);
  const std::string thread = "<" + number + "." + std::to_string(o.cycle) + "@" + host + ">";
  std::string out;
  const auto header = [&out](std::string_view name, const std::string& value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  header("Message-ID", "<" + key + "@" + host + ">");
  header("In-Reply-To", thread);
  header("References", thread);
  header("Date", mail_text(o.now));
  header("From", mail_phrase(o.instance_name) + " <" + mail_address(from) + ">");
  header("To", mail_address(to));
  header("Subject", mail_header_text(subject_of(o)));
  header("MIME-Version", "1.0");
  header("Auto-Submitted", "auto-generated");
  if (o.kind == PageKind::page) header("Importance", "high");
  header("X-Tocsin-Incident", number);
  header("X-Tocsin-Kind", std::string(name(o.kind)));
  header("X-Tocsin-Key", key);
  header("X-Tocsin-Attempt", std::to_string(o.epoch.value) + "." + std::to_string(o.page.value) +
                                 "." + std::to_string(o.attempt));
  return out;
}

std::string part(const char* type, std::string_view text) {
  std::string out = std::string("--") + boundary + "\r\nContent-Type: " + type +
                    "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  return out + quoted_printable(text);
}

}  // namespace

std::string mail_host(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? "localhost" : mail_address(address.substr(at + 1));
}

std::string plain_mail(const SendOrder& o, const std::string& from, const std::string& to) {
  return head(o, from, to) +
         "Content-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: 8bit\r\n\r\n" +
         with_crlf(page_text(o));
}

std::string full_mail(const SendOrder& o, const std::string& from, const std::string& to) {
  const std::string html = fill_template(html_template, page_words(o), Escape::html);
  return head(o, from, to) + "Content-Type: multipart/alternative; boundary=\"" + boundary +
         "\"\r\n\r\n" + part("text/plain", page_text(o)) + part("text/html", html) + "--" +
         boundary + "--\r\n";
}

}  // namespace tocsin
