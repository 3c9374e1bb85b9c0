#pragma once
// The file that `http.web_config` names: TLS, users and headers of the listener, in the format that
// the servers of Prometheus share (its exporter-toolkit), so that one file serves all of them.
//
// Pure but for reading the file; of the files it names it asks only whether they can be read.
// Called by whoever starts, reloads or checks.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"

namespace tocsin {

// Names are those of OpenSSL; empty lists leave its own choice.
struct WebTls {
  enum class Client { none, request, require_any, verify_if_given, require_and_verify };
  enum class Version { tls10, tls11, tls12, tls13 };

  std::string cert_file, key_file;  // absolute, PEM
  Client client = Client::none;
  std::string client_ca_file;  // absolute; of the CAs whose certificates are believed
  Version min = Version::tls12, max = Version::tls13;
  std::vector<std::string> ciphers;  // of TLS 1.2 and below
  std::vector<std::string> curves;
  bool prefer_server_ciphers = true;
};

struct WebConfig {
  std::optional<WebTls> tls;                                 // none: plain HTTP
  std::map<std::string, std::string> users;                  // name -> bcrypt hash
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
};

struct LoadedWebConfig {
  WebConfig web;  // whole only without errors
  std::vector<Diagnostic> errors, warnings;
};

LoadedWebConfig load_web_config(const std::string& path);

namespace config {
// "$2y$10$" and 53 characters; costs above 16 would take seconds for each new password.
bool is_bcrypt(std::string_view hash);
int bcrypt_cost(std::string_view hash);  // of one that is_bcrypt()
}  // namespace config

}  // namespace tocsin
