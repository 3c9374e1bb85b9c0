#include "daemon/api/html.hpp"

namespace tocsin::api {
namespace {

constexpr std::string_view style =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.35em .8em;border-bottom:1px solid #ddd;vertical-align:top}"
    "th{font-weight:600}.P1{color:#a00;font-weight:700}.P2{color:#b50;font-weight:700}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "th,td{border-color:#444}.P1{color:#f77}.P2{color:#fa5}}";

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string html_head(std::string_view title) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">"
      "<meta http-equiv=\"refresh\" content=\"30\"><title>";
  out += escape(title) + "</title><style>";
  out += style;
  return out + "</style></head><body>";
}

}  // namespace tocsin::api
