#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>

#include "daemon/net/tls_context.hpp"

namespace tocsin {
namespace {

constexpr std::array<int, 4> versions{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};

std::string reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return "cannot be read";
  const char* text = ERR_reason_error_string(code);
  return text ? text : "cannot be used";
}

// Nobody sits there to type the passphrase of a key.
int no_passphrase(char*, int, int, void*) {
  return 0;
}
int believe_any(int, X509_STORE_CTX*) {
  return 1;
}

class Maker {
 public:
  Maker(const TlsOptions& options, SSL_CTX* context, std::string& error)
      : options_(options), context_(context), error_(error) {}

  bool run() {
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(context_, no_passphrase);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    if (options_.prefer_server_ciphers)
      SSL_CTX_set_options(context_, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_alpn_select_cb(context_, http11, nullptr);
    return pair() && clients() && parameters();
  }

 private:
  // HTTP/1.1 is all that is spoken. A client that wants something else only is told so by no answer
  // to its offer.
  static int http11(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
    static constexpr unsigned char ours[] = "\x08http/1.1";
    unsigned char* chosen = nullptr;
    const int result = SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
  }

  bool failed(const std::string& what) {
    error_ = what + ": " + reason();
    return false;
  }

  bool pair() {
    if (SSL_CTX_use_certificate_chain_file(context_, options_.cert_file.c_str()) != 1)
      return failed("certificate " + options_.cert_file);
    if (SSL_CTX_use_PrivateKey_file(context_, options_.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
      return failed("key " + options_.key_file);
    if (SSL_CTX_check_private_key(context_) != 1)
      return failed("key " + options_.key_file + " and certificate " + options_.cert_file);
    return true;
  }

  bool clients() {
    if (!options_.ask_client) return true;
    const int mode =
        SSL_VERIFY_PEER | (options_.require_client ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    if (options_.client_ca_file.empty()) {
      SSL_CTX_set_verify(context_, mode, believe_any);
      return true;
    }
    if (SSL_CTX_load_verify_file(context_, options_.client_ca_file.c_str()) != 1)
      return failed("client CAs " + options_.client_ca_file);
    SSL_CTX_set_client_CA_list(context_, SSL_load_client_CA_file(options_.client_ca_file.c_str()));
    SSL_CTX_set_verify(context_, mode, nullptr);
    // Without it a resumed session of a client with a certificate is refused.
    static constexpr unsigned char name[] = "tocsin";
    SSL_CTX_set_session_id_context(context_, name, sizeof name - 1);
    return true;
  }

  bool parameters() {
    if (SSL_CTX_set_min_proto_version(
            context_, versions.at(static_cast<std::size_t>(options_.min_version))) != 1 ||
        SSL_CTX_set_max_proto_version(
            context_, versions.at(static_cast<std::size_t>(options_.max_version))) != 1)
      return failed("versions of TLS");
    if (!options_.ciphers.empty() &&
        SSL_CTX_set_cipher_list(context_, options_.ciphers.c_str()) != 1)
      return failed("cipher suites");
    if (!options_.curves.empty() &&
        SSL_CTX_set1_groups_list(context_, options_.curves.c_str()) != 1)
      return failed("curves");
    return true;
  }

  const TlsOptions& options_;
  SSL_CTX* context_;
  std::string& error_;
};

std::int64_t end_of(SSL_CTX* context) {
  std::tm tm{};
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) return 0;
  return timegm(&tm);
}

}  // namespace

std::shared_ptr<Tls> make_tls(const TlsOptions& options, std::string& error) {
  auto tls = std::make_shared<Tls>();
  if (!Maker(options, tls->context.native_handle(), error).run()) return nullptr;
  tls->not_after_s = end_of(tls->context.native_handle());
  return tls;
}

std::int64_t not_after_s(const Tls& tls) {
  return tls.not_after_s;
}

}  // namespace tocsin
