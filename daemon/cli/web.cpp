#include "daemon/cli/web.hpp"

#include "daemon/cli/log.hpp"

namespace tocsin::cli {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& word : list) out += (out.empty() ? "" : ":") + word;
  return out;
}

TlsOptions options_of(const WebTls& tls) {
  using Client = WebTls::Client;
  TlsOptions out;
  out.cert_file = tls.cert_file;
  out.key_file = tls.key_file;
  out.ask_client = tls.client != Client::none;
  out.require_client =
      tls.client == Client::require_any || tls.client == Client::require_and_verify;
  if (tls.client == Client::verify_if_given || tls.client == Client::require_and_verify)
    out.client_ca_file = tls.client_ca_file;
  out.min_version = static_cast<int>(tls.min);
  out.max_version = static_cast<int>(tls.max);
  out.ciphers = joined(tls.ciphers);
  out.curves = joined(tls.curves);
  out.prefer_server_ciphers = tls.prefer_server_ciphers;
  return out;
}

struct Made {
  std::shared_ptr<Tls> tls;
  std::string error;
};

Made made_of(const LoadedWebConfig& loaded) {
  Made out;
  for (const Diagnostic& d : loaded.errors)
    out.error += (out.error.empty() ? "" : "\n") + to_text(d);
  if (out.error.empty() && loaded.web.tls)
    out.tls = make_tls(options_of(*loaded.web.tls), out.error);
  return out;
}

}  // namespace

std::string Web::problem_of(const std::string& path) {
  return path.empty() ? "" : made_of(load_web_config(path)).error;
}

bool Web::use(const std::string& path) {
  const std::lock_guard lock(reading_);
  if (!path.empty()) return read(path);
  stamps_.clear();
  {
    const std::lock_guard guard(mutex_);
    path_.clear();
    tls_.reset();
  }
  apply_(std::make_shared<const api::WebRules>());
  return true;
}

void Web::look() {
  const std::lock_guard lock(reading_);
  bool changed = false;
  for (const FileStamp& stamp : stamps_) changed = changed || stamp_of(stamp.path) != stamp;
  if (!changed) return;
  const std::string path = this->path();
  if (read(path)) log(LogLevel::info, "web_config_read", path);
}

// Stamps are taken before the files are read: what changes meanwhile has changed afterwards.
bool Web::read(const std::string& path) {
  std::vector<FileStamp> stamps{stamp_of(path)};
  const LoadedWebConfig loaded = load_web_config(path);
  if (const auto& tls = loaded.web.tls)
    for (const std::string& file : {tls->cert_file, tls->key_file, tls->client_ca_file})
      if (!file.empty()) stamps.push_back(stamp_of(file));
  Made made = made_of(loaded);
  const bool good = made.error.empty();
  // A failure is not repeated before something has changed once more.
  if (good || path == this->path()) stamps_ = std::move(stamps);
  if (!good) {
    ++failures_;
    log(LogLevel::error, "web_config_error", made.error);
    return false;
  }

  api::WebRules rules;
  rules.headers = loaded.web.headers;
  rules.users = std::make_shared<api::BasicAuth>(loaded.web.users);
  {
    const std::lock_guard guard(mutex_);
    path_ = path;
    tls_ = std::move(made.tls);
  }
  apply_(std::make_shared<const api::WebRules>(std::move(rules)));
  return true;
}

std::shared_ptr<Tls> Web::tls() const {
  const std::lock_guard guard(mutex_);
  return tls_;
}

std::string Web::path() const {
  const std::lock_guard guard(mutex_);
  return path_;
}

}  // namespace tocsin::cli
