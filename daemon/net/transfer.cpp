#include "daemon/net/transfer.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

#include "daemon/net/http.hpp"
#include "rules/model/planted.hpp"

namespace tocsin::net {
namespace {

constexpr int http_total_ms = 10'000;
constexpr int smtp_total_ms = 30'000;
constexpr std::size_t header_value_max = 128;  // of those that are looked at
constexpr long certificates_kept_s = 600;      // then they are read again
// curl counts whole seconds: less than two, which is shorter than servers wait for another request.
constexpr long idle_max_s = 1;
constexpr long connection_max_s = 60;  // then its name is looked up again

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() && same_token(url.substr(0, scheme.size()), scheme);
}

bool is_token(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// Nothing that could end the address and begin another command.
bool is_mail_address(std::string_view text) {
  if (planted("command_in_an_address")) return true;
  return text.find('@') != std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= 0x20 || byte == 0x7f || c == '<' || c == '>';
         });
}

curl_usessl use_ssl(OutboundRequest::Starttls starttls) {
  switch (starttls) {
    case OutboundRequest::Starttls::required:
      return planted("mail_without_tls") ? CURLUSESSL_TRY : CURLUSESSL_ALL;
    case OutboundRequest::Starttls::optional:
      return CURLUSESSL_TRY;
    case OutboundRequest::Starttls::never:
      break;
  }
  return CURLUSESSL_NONE;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool private_v4(std::uint32_t a) {  // host order
  const auto in = [a](std::uint32_t net, int bits) {
    return (a >> (32 - bits)) == (net >> (32 - bits));
  };
  return in(0x00000000, 8) || in(0x0a000000, 8) || in(0x64400000, 10) || in(0x7f000000, 8) ||
         in(0xa9fe0000, 16) || in(0xac100000, 12) || in(0xc0a80000, 16) || in(0xe0000000, 3);
}

}  // namespace

bool private_address(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return private_v4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  if (address.sa_family != AF_INET6) return true;
  const in6_addr& a = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&a)) {
    std::uint32_t v4 = 0;
    std::memcpy(&v4, &a.s6_addr[12], sizeof v4);
    return private_v4(ntohl(v4));
  }
  return IN6_IS_ADDR_LOOPBACK(&a) || IN6_IS_ADDR_UNSPECIFIED(&a) || IN6_IS_ADDR_LINKLOCAL(&a) ||
         IN6_IS_ADDR_MULTICAST(&a) || (a.s6_addr[0] & 0xfe) == 0xfc;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      out += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    out += "\r\n";
  }
  return out;
}

Transfer::Transfer(OutboundRequest request, const OutboundOptions& options)
    : request_(std::move(request)), options_(options), handle_(curl_easy_init()) {}

Transfer::~Transfer() {
  curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(recipients_);
}

int Transfer::total_ms() const {
  if (request_.total_timeout_ms > 0) return request_.total_timeout_ms;
  return request_.smtp ? smtp_total_ms : http_total_ms;
}

bool Transfer::refuse(std::string why) {
  refused_ = std::move(why);
  return false;
}

bool Transfer::prepare() {
  if (handle_ == nullptr) return refuse("out of memory");
  const bool fits =
      request_.smtp ? has_scheme(request_.url, "smtp://") || has_scheme(request_.url, "smtps://")
                    : has_scheme(request_.url, "http://") || has_scheme(request_.url, "https://");
  if (!fits) return refuse("this URL scheme may not leave");
  prepare_common();
  return request_.smtp ? prepare_mail() : prepare_http();
}

void Transfer::prepare_common() {
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_, option, value);
  };
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, request_.smtp ? "smtp,smtps" : "http,https");
  set(CURLOPT_FOLLOWLOCATION, planted("redirect_followed") ? 1L : 0L);
  set(CURLOPT_NOSIGNAL, 1L);
  // A name server that hangs must not hold the thread when its transfer has timed out.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout_ms));
  if (!planted("transfer_without_end")) set(CURLOPT_TIMEOUT_MS, static_cast<long>(total_ms()));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_ERRORBUFFER, curl_error_);
  set(CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  set(CURLOPT_PREREQDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  const std::string& ca_file = request_.ca_file.empty() ? options_.ca_file : request_.ca_file;
  if (!ca_file.empty()) set(CURLOPT_CAINFO, ca_file.c_str());
  // One file is believed. curl's default has a folder beside it, which would be believed as well as
  // a ca_file, and for which curl reads all certificates again at each connection: 18 ms in which
  // no other request moves.
  set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  set(CURLOPT_CA_CACHE_TIMEOUT, certificates_kept_s);
  set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  if (!request_.username.empty()) {
    set(CURLOPT_USERNAME, request_.username.c_str());
    set(CURLOPT_PASSWORD, request_.password.c_str());
  }
}

bool Transfer::prepare_http() {
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_, option, value);
  };
  if (!is_token(request_.method)) return refuse("not an HTTP method");
  const bool bodiless =
      request_.body.empty() && (request_.method == "GET" || request_.method == "HEAD");
  if (!bodiless) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method == "HEAD")
    set(CURLOPT_NOBODY, 1L);
  else
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // In a storm one connection carries page after page. See on_request() for those that had closed.
  set(CURLOPT_MAXAGE_CONN, idle_max_s);
  set(CURLOPT_MAXLIFETIME_CONN, connection_max_s);
  set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(CURLOPT_USERAGENT, options_.user_agent.c_str());
  set(CURLOPT_PROXY, options_.proxy.c_str());
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  bool typed = bodiless;
  const auto append = [this](const std::string& line) {
    headers_ = curl_slist_append(headers_, line.c_str());
  };
  for (const auto& [name, value] : request_.headers) {
    if (!is_token(name) || !one_line(value)) return refuse("a header that is none");
    append(value.empty() ? name + ";" : name + ": " + value);
    typed = typed || same_token(name, "Content-Type");
  }
  if (!typed) append("Content-Type:");  // or curl would call it a form
  append("Expect:");                    // or curl would wait for leave to send a large body
  set(CURLOPT_HTTPHEADER, headers_);
  return true;
}

bool Transfer::prepare_mail() {
  const auto set = [this](CURLoption option, auto value) {
    curl_easy_setopt(handle_, option, value);
  };
  if (!is_mail_address(request_.from) || !is_mail_address(request_.to))
    return refuse("not a mail address");
  request_.body = with_crlf(request_.body);
  recipients_ = curl_slist_append(nullptr, request_.to.c_str());
  // cut() needs to know the sockets, so each mail has its own.
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close);
  set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_PROXY, "");
  set(CURLOPT_MAIL_FROM, request_.from.c_str());
  set(CURLOPT_MAIL_RCPT, recipients_);
  set(CURLOPT_USE_SSL, static_cast<long>(use_ssl(request_.starttls)));
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(CURLOPT_READFUNCTION, &Transfer::on_read);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
  return true;
}

OutboundResult Transfer::result(CURLcode code, std::string_view error) {
  OutboundResult result;
  result.id = request_.id;
  if (!refused_.empty()) {
    result.error = refused_;
    return result;
  }
  if (!error.empty())
    result.error = error;
  else if (repeat_refused_)
    result.error = "the connection was closed before an answer came";
  else if (code == CURLE_COULDNT_CONNECT && private_)
    result.error = "the address is private";
  else if (code != CURLE_OK)
    result.error = curl_error_[0] != '\0' ? curl_error_ : curl_easy_strerror(code);
  if (request_.smtp)
    judge_mail(code, result);
  else
    judge_http(code, result);
  return result;
}

void Transfer::judge_http(CURLcode code, OutboundResult& result) {
  // A status whose body broke off is still the receiver's word. A head that broke off is none,
  // though curl is content with it.
  if (!status_complete_) {
    if (code == CURLE_OK) result.error = "the answer broke off";
    result.phase =
        request_began_ ? OutboundResult::Phase::unknown : OutboundResult::Phase::not_sent;
    return;
  }
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  result.phase = OutboundResult::Phase::answered;
  result.status = static_cast<int>(status);
  result.body = std::move(body_);
  if (!retry_after_.empty())
    result.retry_after_ms = retry_after_ms(retry_after_, date_, std::time(nullptr));
}

void Transfer::judge_mail(CURLcode code, OutboundResult& result) {
  // These end a dialogue because of a reply. With any other code the last reply is an older one.
  const bool by_reply = code == CURLE_OK || code == CURLE_WEIRD_SERVER_REPLY ||
                        code == CURLE_SEND_ERROR || code == CURLE_LOGIN_DENIED ||
                        code == CURLE_REMOTE_ACCESS_DENIED || code == CURLE_USE_SSL_FAILED;
  result.body = reply_text_;
  if (code == CURLE_OK || body_answered_ || (by_reply && reply_ >= 400)) {
    result.phase = OutboundResult::Phase::answered;
    result.status = reply_;
    return;
  }
  result.phase = body_began_ ? OutboundResult::Phase::unknown : OutboundResult::Phase::not_sent;
}

// When the other side closes a connection that was used before, curl repeats the request by itself.
// Then one attempt could be two, so it may not: whether the first arrived is not known.
int Transfer::on_request(void* self, char*, char*, int, int) {
  auto& t = *static_cast<Transfer*>(self);
  const bool repeats = std::exchange(t.request_began_, true);
  if (!repeats || planted("request_repeated")) return CURL_PREREQFUNC_OK;
  t.repeat_refused_ = true;
  return CURL_PREREQFUNC_ABORT;
}

size_t Transfer::on_header(char* bytes, size_t size, size_t count, void* self) {
  static_cast<Transfer*>(self)->header_line({bytes, size * count});
  return size * count;
}

void Transfer::header_line(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (request_.smtp) {
    reply_line(text);
    return;
  }
  if (line.substr(0, 5) == "HTTP/") {  // of a new answer: 100 Continue may come first
    retry_after_.clear();
    date_.clear();
    return;
  }
  if (text.empty()) {
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    status_complete_ = status >= 200;
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = trimmed(text.substr(colon + 1)).substr(0, header_value_max);
  if (same_token(name, "Retry-After")) retry_after_ = value;
  if (same_token(name, "Date")) date_ = value;
}

// "250 ok" ends a reply, "250-ok" goes on.
void Transfer::reply_line(std::string_view line) {
  constexpr int farewell = 221;  // the reply to QUIT, which curl asks for at any end
  const bool number = line.size() >= 3 && line.find_first_not_of("0123456789") >= 3;
  if (!number || (line.size() > 3 && line[3] == '-') || body_answered_) return;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (code == farewell) return;
  reply_ = code;
  reply_text_ = line.substr(0, options_.body_bytes_max);
  if (!body_began_) return;
  body_answered_ = true;
  shut_sockets(
      SHUT_RD);  // all is said: curl sends QUIT and would wait up to two minutes for the reply
}

void Transfer::shut_sockets(int how) {
  const std::lock_guard lock(mutex_);
  for (const curl_socket_t s : sockets_) shutdown(s, how);
}

void Transfer::cut() {
  cut_ = true;
  shut_sockets(SHUT_RDWR);
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(self)->cut_ ? 1 : 0;
}

size_t Transfer::on_body(char* bytes, size_t size, size_t count, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  const std::size_t all = size * count;
  if (t.request_.smtp) return all;
  const std::size_t kept = std::min(all, t.options_.body_bytes_max - t.body_.size());
  t.body_.append(bytes, kept);
  return kept == all ? all : CURL_WRITEFUNC_ERROR;  // enough: an endless answer would keep the slot
}

size_t Transfer::on_read(char* into, size_t size, size_t count, void* self) {
  auto& t = *static_cast<Transfer*>(self);
  t.body_began_ = true;
  const std::size_t n = std::min(size * count, t.request_.body.size() - t.body_sent_);
  std::memcpy(into, t.request_.body.data() + t.body_sent_, n);
  t.body_sent_ += n;
  return n;
}

curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& t = *static_cast<Transfer*>(self);
  if (!t.options_.allow_private && private_address(address->addr) &&
      !planted("private_address_called")) {
    t.private_ = true;
    return CURL_SOCKET_BAD;
  }
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (!t.smtp()) return fd;  // curl's own: it may outlive the transfer
  const std::lock_guard lock(t.mutex_);
  if (fd >= 0) t.sockets_.push_back(fd);
  return fd;
}

// Under the lock, so that cut() never meets a number that somebody else's socket has got meanwhile.
int Transfer::on_close(void* self, curl_socket_t socket) {
  auto& t = *static_cast<Transfer*>(self);
  const std::lock_guard lock(t.mutex_);
  std::erase(t.sockets_, socket);
  return close(socket);
}

}  // namespace tocsin::net
