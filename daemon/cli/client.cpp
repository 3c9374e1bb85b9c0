#include "daemon/cli/client.hpp"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "config/text.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* default_url = "http://127.0.0.1:9966";
constexpr long connect_timeout_s = 5, total_timeout_s = 70;  // the daemon answers within 60 s
constexpr std::size_t body_bytes_max = 64u << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Empty when there is no place of the user's own.
std::string memory_file_of(const std::string& url) {
  std::string folder = environment("XDG_RUNTIME_DIR");
  if (folder.empty()) {
    const std::string home = environment("HOME");
    if (home.empty()) return "";
    folder = home + "/.cache";
  }
  return folder + "/tocsin/" + config::sha256_hex(url).substr(0, 16) + ".seq";
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > body_bytes_max) return 0;
  body.append(data, size * count);
  return size * count;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  constexpr std::string_view name = "x-tocsin-seq:";
  std::string line(data, size * count);
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (line.starts_with(name))
    *static_cast<std::uint64_t*>(user) = std::strtoull(line.c_str() + name.size(), nullptr, 10);
  return size * count;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void add_header(HeaderList& list, const std::string& line) {
  list.reset(curl_slist_append(list.release(), line.c_str()));
}

}  // namespace

int ClientAnswer::exit_code() const {
  if (!reached || status == 503) return exit_unreachable;
  if (good()) return exit_done;
  return status == 401 || status == 403 ? exit_not_permitted : exit_no;
}

Client::Client(std::string url) : url_(std::move(url)), token_(environment("TOCSIN_TOKEN")) {
  if (url_.empty()) url_ = environment("TOCSIN_URL");
  if (url_.empty()) url_ = default_url;
  while (url_.ends_with('/')) url_.pop_back();
  memory_file_ = memory_file_of(url_);
  std::ifstream(memory_file_) >> after_;
}

void Client::remember(std::uint64_t seq) {
  after_ = seq;
  if (memory_file_.empty()) return;
  std::error_code ignored;  // without the file, the next verb may see a state 100 ms old
  std::filesystem::create_directories(std::filesystem::path(memory_file_).parent_path(), ignored);
  std::ofstream(memory_file_) << seq << '\n';
}

ClientAnswer Client::get(const std::string& path, Pairs query) {
  const auto with = [&](std::uint64_t after) {
    std::string target = path + "?after=" + std::to_string(after);
    for (const auto& [name, value] : query)
      if (!value.empty()) target += "&" + name + "=" + api::percent_encode(value);
    return target;
  };
  ClientAnswer answer = perform(with(after_), nullptr, {});
  // A store that was made anew has not come that far yet: forget what the old one said.
  if (answer.reached && answer.status == 503 && after_ > 0) {
    remember(0);
    answer = perform(with(0), nullptr, {});
  }
  return answer;
}

ClientAnswer Client::post(const std::string& path, const std::string& body, const Pairs& headers) {
  return perform(path, &body, headers);
}

ClientAnswer Client::put(const std::string& path, const std::string& body,
                         const std::string& type) {
  return perform(path, &body, {}, type);
}

ClientAnswer Client::perform(const std::string& path, const std::string* body, const Pairs& headers,
                             const std::string& put_type) {
  ClientAnswer answer;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return answer.error = "libcurl cannot start", answer;
  HeaderList list;
  if (!token_.empty()) add_header(list, "Authorization: Bearer " + token_);
  for (const auto& [name, value] : headers)
    add_header(list, std::string(name).append(": ").append(value));
  if (body) {
    add_header(list, "Content-Type: " + (put_type.empty() ? "application/json" : put_type));
    add_header(list, "Expect:");
    curl_easy_setopt(curl.get(), CURLOPT_POST, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body->data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(body->size()));
    if (!put_type.empty()) curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, "PUT");
  }
  std::uint64_t seq = 0;
  curl_easy_setopt(curl.get(), CURLOPT_URL, (url_ + path).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "tocsin-cli/1");
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, total_timeout_s);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &seq);
  const auto file = [&](CURLoption option, const char* variable) {
    if (const std::string path = environment(variable); !path.empty())
      curl_easy_setopt(curl.get(), option, path.c_str());
  };
  file(CURLOPT_CAINFO, "TOCSIN_CA_FILE");
  file(CURLOPT_SSLCERT, "TOCSIN_CERT_FILE");
  file(CURLOPT_SSLKEY, "TOCSIN_KEY_FILE");
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    answer.error = url_ + ": " + curl_easy_strerror(code);
    return answer;
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.reached = true;
  answer.status = static_cast<int>(status);
  if (seq > 0) remember(seq);
  return answer;
}

}  // namespace tocsin::cli
