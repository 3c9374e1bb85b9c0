#pragma once
// HttpResponse -> the bytes in front of its body, and the frames of a chunked one. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/net/http.hpp"

namespace tocsin::net {

enum class BodyForm {
  none,     // status without a body: 204, 304
  sized,    // Content-Length
  chunked,  // HTTP/1.1, length unknown
  to_eof,   // HTTP/1.0, length unknown: the end of the connection is the end of the body
};

BodyForm body_form(const HttpResponse& response, bool http11);

// Appends status line and headers. A header with a line break or NUL in it is dropped, so that no
// text of a sender can forge a second answer.
void write_head(std::string& out, const HttpResponse& response, BodyForm form, bool keep_alive,
                std::string_view date);

void write_chunk(std::string& out, std::string_view bytes);  // nothing for an empty one
void write_last_chunk(std::string& out);

std::string http_date(std::int64_t unix_seconds);  // "Sun, 06 Nov 1994 08:49:37 GMT"

}  // namespace tocsin::net
