#pragma once
// The few pages for browsers: no script, light and dark, legible on a phone of 360 pixels. Values
// go in as they are and come out escaped; the templates are in html.cpp and nowhere else. Pure.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/api/exchange.hpp"

namespace tocsin::api {

using Rows = std::vector<std::pair<std::string, std::string>>;  // label and value

// One incident and its story.
struct IncidentView {
  std::string number, priority, title, state;
  std::string notice;  // what whoever opened the page has to know first
  std::string token;   // not empty: the page has the button, and this is what it sends
  std::string person;  // in whose name it acts
  Rows facts;
  std::string runbook;  // a link when it is http or https, else text
  Rows story;           // time and sentence
  std::string list;     // where the list of open incidents is; empty: not linked
};
std::string incident_html(const IncidentView& view);

struct ListView {
  struct Row {
    std::string number, priority, state, age, ci, title, group, owner, alerts;
  };
  std::string title, instance, time;
  std::vector<Row> rows;
  std::string next;  // query of the next page; empty: this was the last
};
std::string list_html(const ListView& view);

// A sentence, and a way on when `href` is given.
struct MessageView {
  std::string title, text, href, link_text;
};
std::string message_html(const MessageView& view);

// The headers of a page: no index, and a form may go to ourselves when there is one.
HttpResponse html_response(int status, std::string body, bool has_form = false);

}  // namespace tocsin::api
