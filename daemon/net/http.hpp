#pragma once
// An HTTP request and its answer as plain values: what daemon/api sees of the server. No socket and
// no library type in here, so that including it is cheap. Owned by whoever holds them; not shared.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

enum class HttpMethod { get, head, post, put, delete_, patch, options, other };

struct HttpHeader {
  std::string name;  // as it was sent
  std::string value;
};

struct HttpRequest {
  // Bytes behind the body that may be read and are zero: a SIMD parser looks that far ahead.
  static constexpr std::size_t body_padding = 64;

  HttpMethod method = HttpMethod::other;
  std::string method_name;  // as it was sent
  std::string target;       // the path, still percent-encoded: "/api/v2/alerts"
  std::string query;        // behind the '?', still percent-encoded
  std::vector<HttpHeader> headers;
  std::string body;  // body.capacity() >= body.size() + body_padding
  std::string peer;  // address without port
  bool loopback = false;
  std::string user;  // who proved to be one by a password; the server knows nobody

  // The first header of that name (case does not matter), or nullptr.
  const std::string* find(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  // Connection, Content-Length, Transfer-Encoding and Date belong to the server and are dropped
  // here.
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // end the connection after this answer

  // A body too large to be built whole: when set, it is sent after `body`, piece by piece. Called
  // on the I/O thread with an empty chunk to fill; false means that this was the last piece (which
  // is sent too). Called again only when the piece before it is with the kernel, but for the one
  // that is made ahead; never called for HEAD.
  std::function<bool(std::string& chunk)> more;
  // Where `more` is called instead, one piece ahead: hands the job to a thread that may be busy for
  // a while. False: it has no room, and the I/O thread does it after all.
  std::function<bool(std::function<void()>)> elsewhere;
};

// Answers one request. To be called exactly once, from any thread; a second call is ignored, a call
// for a connection that is gone is harmless, and a Reply that dies uncalled answers 500.
using Reply = std::function<void(HttpResponse)>;

// {"error":{"code":CODE,"message":MESSAGE}}, the shape of every error of the own API.
HttpResponse http_error(int status, std::string_view code, std::string_view message);

std::string_view http_reason(int status);  // "Not Found"; empty for a status nobody named
bool same_token(std::string_view a, std::string_view b);  // ASCII, case does not matter

}  // namespace tocsin
