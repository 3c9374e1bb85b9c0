#pragma once
// One keep-alive HTTP/1.1 connection to this machine, blocking. Used by one thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin::bench {

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : port_(port) {}
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The status of the answer; 0 when the connection broke. The body of the answer is read and
  // dropped.
  int post(std::string_view path, std::string_view body);

 private:
  bool connect_if_needed();
  bool write_all(std::string_view head, std::string_view body) const;
  int read_answer();
  void disconnect();

  std::uint16_t port_;
  int fd_ = -1;
  std::string buffer_;
};

}  // namespace tocsin::bench
