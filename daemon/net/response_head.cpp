#include "daemon/net/response_head.hpp"

#include <charconv>
#include <ctime>

#include "rules/model/planted.hpp"

namespace tocsin::net {
namespace {

void append_number(std::string& out, std::uint64_t n, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, n, base).ptr;
  out.append(digits, end);
}

bool clean(std::string_view text) {
  if (planted("header_forged")) return true;
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

bool owned_by_server(std::string_view name) {
  return same_token(name, "connection") || same_token(name, "content-length") ||
         same_token(name, "transfer-encoding") || same_token(name, "date");
}

}  // namespace

BodyForm body_form(const HttpResponse& response, bool http11) {
  if (response.status == 204 || response.status == 304) return BodyForm::none;
  if (!response.more) return BodyForm::sized;
  return http11 ? BodyForm::chunked : BodyForm::to_eof;
}

void write_head(std::string& out, const HttpResponse& response, BodyForm form, bool keep_alive,
                std::string_view date) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += http_reason(response.status);
  out += "\r\nDate: ";
  out += date;
  out += keep_alive ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n";
  if (form == BodyForm::sized) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  } else if (form == BodyForm::chunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  for (const auto& [name, value] : response.headers) {
    if (owned_by_server(name) || name.empty() || !clean(name) || !clean(value)) continue;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "\r\n";
}

void write_chunk(std::string& out, std::string_view bytes) {
  if (bytes.empty()) return;  // an empty chunk would end the body
  append_number(out, bytes.size(), 16);
  out += "\r\n";
  out += bytes;
  out += "\r\n";
}

void write_last_chunk(std::string& out) {
  out += "0\r\n\r\n";
}

std::string http_date(std::int64_t unix_seconds) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm t{};
  gmtime_r(&seconds, &t);
  char rest[24];
  std::strftime(rest, sizeof rest, "%Y %H:%M:%S GMT", &t);
  const std::string day = (t.tm_mday < 10 ? "0" : "") + std::to_string(t.tm_mday);
  return std::string(days[t.tm_wday]) + ", " + day + " " + months[t.tm_mon] + " " + rest;
}

}  // namespace tocsin::net
