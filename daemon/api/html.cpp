#include "daemon/api/html.hpp"

#include <kainjow/mustache.hpp>

namespace tocsin::api {
namespace {

namespace mustache = kainjow::mustache;
using mustache::data;

// {{name}} is escaped by the library; nothing here is written as {{{name}}}.
constexpr const char* head_template =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<meta name=\"robots\" content=\"noindex,nofollow\">"
    "<meta name=\"color-scheme\" content=\"light dark\">"
    "{{#refresh}}<meta http-equiv=\"refresh\" content=\"30\">{{/refresh}}"
    "<title>{{page_title}}</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;padding:0 1rem;max-width:60rem;"
    "color:#1b1b1b;background:#fff;overflow-wrap:anywhere}"
    "h1{font-size:1.35rem;line-height:1.3;margin:.5rem 0}h2{font-size:1.1rem;margin:1.5rem 0 .3rem}"
    "dl{margin:0}dt{color:#555;font-size:.85rem;margin-top:.5rem}dd{margin:0}a{color:#0645ad}"
    "button{display:block;width:100%;padding:1rem;margin:1rem 0;font:inherit;font-size:1.15rem;"
    "font-weight:700;color:#fff;background:#a40000;border:0;border-radius:.5rem}"
    ".notice{border-left:.3rem solid #2e7d32;padding:.4rem .8rem;background:#eef6ee}"
    ".small{color:#555;font-size:.85rem}ul{list-style:none;padding:0;margin:0}"
    "li{border-bottom:1px solid #ccc;padding:.6rem 0}"
    ".P1{color:#a40000;font-weight:700}.P2{color:#9a4a00;font-weight:700}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}"
    "dt,.small{color:#a8a8a8}a{color:#8ab4f8}.notice{background:#1c2b1d;border-color:#66bb6a}"
    "li{border-color:#444}.P1{color:#ff8a80}.P2{color:#ffb066}"
    "button{background:#ef5350;color:#161616}}"
    "</style></head><body>\n";

constexpr const char* incident_template =
    "<h1><span class=\"{{priority}}\">{{priority}}</span> {{number}}</h1><p>{{title}}</p>\n"
    "{{#notice}}<p class=\"notice\">{{notice}}</p>\n{{/notice}}"
    "{{#token}}<form method=\"post\" action=\"\">"
    "<input type=\"hidden\" name=\"token\" value=\"{{token}}\">"
    "<button type=\"submit\" id=\"acknowledge\">I have it</button></form>"
    "<p class=\"small\">In the name of {{person}}. Nobody else is paged after that.</p>\n{{/token}}"
    "<dl><dt>State</dt><dd>{{state}}</dd>\n"
    "{{#facts}}<dt>{{label}}</dt><dd>{{value}}</dd>\n{{/facts}}"
    "{{#runbook_url}}<dt>Runbook</dt><dd><a rel=\"noreferrer noopener\" href=\"{{runbook_url}}\">"
    "{{runbook_url}}</a></dd>\n{{/runbook_url}}"
    "{{#runbook_text}}<dt>Runbook</dt><dd>{{runbook_text}}</dd>\n{{/runbook_text}}</dl>\n"
    "<h2>What happened, newest first</h2><ul>\n"
    "{{#story}}<li><span class=\"small\">{{label}}</span><br>{{value}}</li>\n{{/story}}</ul>\n"
    "{{#list}}<p><a href=\"{{list}}\">All open incidents</a></p>\n{{/list}}</body></html>\n";

constexpr const char* list_template =
    "<h1>{{title}}</h1><p class=\"small\">{{instance}}, {{time}}</p><ul>\n"
    "{{#rows}}<li><span class=\"{{priority}}\">{{priority}}</span> "
    "<a href=\"incidents/{{number}}\">{{number}}</a> {{title}}<br>"
    "<span class=\"small\">{{state}}, {{age}}{{#ci}}, {{ci}}{{/ci}}{{#group}}, "
    "{{group}}{{/group}}, "
    "{{owner}}, {{alerts}}</span></li>\n{{/rows}}</ul>\n"
    "{{#next}}<p><a href=\"{{next}}\">More</a></p>\n{{/next}}</body></html>\n";

constexpr const char* message_template =
    "<h1>{{title}}</h1><p class=\"notice\">{{text}}</p>\n"
    "{{#href}}<p><a href=\"{{href}}\">{{link_text}}</a></p>\n{{/href}}</body></html>\n";

void set(data& to, const char* key, const std::string& value) {
  if (!value.empty()) to.set(key, value);
}

data list_of(const Rows& rows) {
  data out{data::type::list};
  for (const auto& [label, value] : rows) {
    if (value.empty()) continue;
    data row;
    row.set("label", label);
    row.set("value", value);
    out << row;
  }
  return out;
}

std::string render(const char* body, data& with, const std::string& title, bool refresh) {
  with.set("page_title", title);
  if (refresh) with.set("refresh", data::type::bool_true);
  return mustache::mustache(std::string(head_template) + body).render(with);
}

}  // namespace

std::string incident_html(const IncidentView& v) {
  data d;
  set(d, "number", v.number), set(d, "priority", v.priority), set(d, "title", v.title);
  set(d, "state", v.state), set(d, "notice", v.notice), set(d, "token", v.token);
  set(d, "person", v.person), set(d, "list", v.list);
  const bool web = v.runbook.starts_with("https://") || v.runbook.starts_with("http://");
  set(d, web ? "runbook_url" : "runbook_text", v.runbook);
  d.set("facts", list_of(v.facts));
  d.set("story", list_of(v.story));
  return render(incident_template, d, v.number + " " + v.title, false);
}

std::string list_html(const ListView& v) {
  data d, rows{data::type::list};
  for (const ListView::Row& r : v.rows) {
    data row;
    set(row, "number", r.number), set(row, "priority", r.priority), set(row, "state", r.state);
    set(row, "age", r.age), row.set("title", r.title), set(row, "owner", r.owner);
    set(row, "alerts", r.alerts);
    row.set("ci", r.ci.empty() ? data(data::type::bool_false) : data(r.ci));
    row.set("group", r.group.empty() ? data(data::type::bool_false) : data(r.group));
    rows << row;
  }
  set(d, "title", v.title), set(d, "instance", v.instance), set(d, "time", v.time);
  set(d, "next", v.next);
  d.set("rows", rows);
  return render(list_template, d, v.title + " - " + v.instance, true);
}

std::string message_html(const MessageView& v) {
  data d;
  set(d, "title", v.title), set(d, "text", v.text), set(d, "href", v.href);
  set(d, "link_text", v.link_text);
  return render(message_template, d, v.title, false);
}

HttpResponse html_response(int status, std::string body, bool has_form) {
  HttpResponse r;
  r.status = status;
  r.body = std::move(body);
  r.headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  r.headers.emplace_back("X-Robots-Tag", "noindex, nofollow");
  if (has_form)
    r.headers.emplace_back("Content-Security-Policy",
                           "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
                           "base-uri 'none'; frame-ancestors 'none'");
  return r;
}

}  // namespace tocsin::api
