#pragma once
// What a listener needs to speak TLS: certificate, key, and whom it asks for a certificate. Made
// whole or not at all from files; immutable afterwards and shared by the connections that began
// with it, so a new one may take its place at any time. No library type in here.

#include <cstdint>
#include <memory>
#include <string>

namespace tocsin {

struct TlsOptions {
  std::string cert_file, key_file;       // PEM; the certificate first, then its chain
  std::string client_ca_file;            // PEM; empty: no certificate is verified
  bool ask_client = false;               // for a certificate
  bool require_client = false;           // to have one
  int min_version = 2, max_version = 3;  // minor: TLS 1.x
  std::string ciphers, curves;           // OpenSSL's, with ':' between; empty: its defaults
  bool prefer_server_ciphers = true;
};

class Tls;  // connection.hpp's side of it is tls_context.hpp

// Nothing when something is wrong, and `error` says what, with the name of the file.
std::shared_ptr<Tls> make_tls(const TlsOptions& options, std::string& error);
std::int64_t not_after_s(const Tls& tls);  // when its certificate ends, Unix time

}  // namespace tocsin
