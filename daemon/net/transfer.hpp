#pragma once
// One request on its way: a curl handle, and what is known of how far it came. Used by one thread
// at a time, but for cut(). Internal to the outbound client.

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/net/outbound.hpp"

namespace tocsin::net {

class Transfer {
 public:
  Transfer(OutboundRequest request, const OutboundOptions& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Sets the handle up; false when the request is not one that may leave, see result().
  bool prepare();
  CURL* handle() const { return handle_; }
  const std::string& destination() const { return request_.destination; }
  const std::string& kind() const { return request_.kind; }
  bool smtp() const { return request_.smtp; }
  int total_ms() const;

  // For a mail, on its own thread: the whole transfer.
  CURLcode perform() { return curl_easy_perform(handle_); }
  // From another thread: makes perform() return soon, by ending its connection.
  void cut();

  OutboundResult result(CURLcode code, std::string_view error = {});

 private:
  bool refuse(std::string why);
  void prepare_common();
  bool prepare_http();
  bool prepare_mail();

  void judge_http(CURLcode code, OutboundResult& result);
  void judge_mail(CURLcode code, OutboundResult& result);

  static int on_request(void* self, char*, char*, int, int);
  static size_t on_header(char* bytes, size_t size, size_t count, void* self);
  static size_t on_body(char* bytes, size_t size, size_t count, void* self);
  static size_t on_read(char* into, size_t size, size_t count, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int on_close(void* self, curl_socket_t socket);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  void header_line(std::string_view line);
  void reply_line(std::string_view line);
  void shut_sockets(int how);

  OutboundRequest request_;
  const OutboundOptions& options_;
  CURL* handle_;
  curl_slist* headers_ = nullptr;
  curl_slist* recipients_ = nullptr;
  char curl_error_[CURL_ERROR_SIZE] = {};

  std::string refused_;           // why it never started
  bool private_ = false;          // an address was refused
  bool request_began_ = false;    // connected and greeted; the request itself comes next
  bool repeat_refused_ = false;   // curl would have sent it a second time
  bool status_complete_ = false;  // the head of a final answer is here
  std::size_t body_sent_ = 0;
  std::string body_;
  std::string retry_after_, date_;

  // Mail.
  bool body_began_ = false;     // behind the 354
  bool body_answered_ = false;  // the reply to the message is here; what follows is farewell
  int reply_ = 0;
  std::string reply_text_;
  std::atomic<bool> cut_{false};
  std::mutex mutex_;  // guards the next
  std::vector<curl_socket_t> sockets_;
};

// Line ends as SMTP wants them: CR LF each, and no lone CR or LF that a server might read as one.
std::string with_crlf(std::string_view text);

bool private_address(const sockaddr& address);

}  // namespace tocsin::net
