// The web configuration: what Prometheus' servers read, with every mistake at its place.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/load.hpp"
#include "config/web_config.hpp"

using namespace tocsin;

namespace {

constexpr const char* hash = "$2y$06$bD7ZRX.0omavheLI5mswB.SkLpxqctQW1.buAzUfrfe1NTxXaRBkO";

// A folder with a certificate, a key and a CA: none is looked into here.
struct Folder {
  std::filesystem::path path;

  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tocsin-web-XXXXXX").string();
    path = mkdtemp(name.data());
    for (const char* file : {"c.pem", "k.pem", "ca.pem"}) write(file, "x");
  }
  ~Folder() { std::filesystem::remove_all(path); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
  LoadedWebConfig load(const std::string& text) const {
    write("web.yml", text);
    return load_web_config((path / "web.yml").string());
  }
};

std::string lines(const std::vector<Diagnostic>& list) {
  std::string out;
  for (const Diagnostic& d : list)
    out += std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message + "\n";
  return out;
}

}  // namespace

TEST_CASE("a web configuration with everything") {
  const Folder folder;
  const auto loaded = folder.load(std::string(R"(tls_server_config:
  cert_file: c.pem
  key_file: k.pem
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP256, X25519]
http_server_config:
  http2: true
  headers: {X-Frame-Options: deny, Strict-Transport-Security: max-age=1}
basic_auth_users:
  prom: )") + hash + "\n");
  CHECK(lines(loaded.errors).empty());
  CHECK(lines(loaded.warnings) == "12:10: HTTP/2 is not spoken here: all get HTTP/1.1\n");
  REQUIRE(loaded.web.tls);
  const WebTls& tls = *loaded.web.tls;
  CHECK(tls.cert_file == (folder.path / "c.pem").string());
  CHECK(tls.client == WebTls::Client::require_and_verify);
  CHECK(tls.client_ca_file == (folder.path / "ca.pem").string());
  CHECK(tls.min == WebTls::Version::tls13);
  CHECK(tls.ciphers == std::vector<std::string>{"ECDHE-RSA-AES128-GCM-SHA256"});
  CHECK(tls.curves == std::vector<std::string>{"P-256", "X25519"});
  CHECK_FALSE(tls.prefer_server_ciphers);
  CHECK(loaded.web.users.at("prom") == hash);
  CHECK(loaded.web.headers.size() == 2);
}

TEST_CASE("an empty web configuration is plain HTTP for all") {
  const auto loaded = Folder().load("");
  CHECK(lines(loaded.errors).empty());
  CHECK_FALSE(loaded.web.tls);
  CHECK(loaded.web.users.empty());
}

TEST_CASE("each mistake of a web configuration by itself") {
  const Folder folder;
  const std::string pair = "tls_server_config: {cert_file: c.pem, key_file: k.pem, ";
  const std::string long_cost = "$2y$17$" + std::string(hash + 7);
  const struct {
    std::string text, message;
  } table[] = {
      {"tls_server_confg: {}", "did you mean 'tls_server_config'?"},
      {"tls_server_config: {key_file: k.pem}", "1:20: tls_server_config has no cert_file"},
      {"tls_server_config: {cert_file: c.pem}", "1:20: tls_server_config has no key_file"},
      {"tls_server_config: {cert_file: gone.pem, key_file: k.pem}",
       "1:32: the file '" + (folder.path / "gone.pem").string() + "' cannot be read"},
      {pair + "client_auth_type: Always}", "client_auth_type is NoClientCert, RequestClientCert"},
      {pair + "client_auth_type: RequireAndVerifyClientCert}",
       "client_auth_type RequireAndVerifyClientCert needs client_ca_file"},
      {pair + "client_ca_file: ca.pem}", "client_ca_file without a client_auth_type asks nobody"},
      {pair + "client_allowed_sans: [a]}", "client_allowed_sans is not supported"},
      {pair + "min_version: SSL3}", "min_version is TLS10, TLS11, TLS12 or TLS13, not 'SSL3'"},
      {pair + "min_version: TLS13, max_version: TLS12}", "no version of TLS is left"},
      {pair + "cipher_suites: [RC4]}", "cipher_suites is TLS_AES_128_GCM_SHA256"},
      {pair + "curve_preferences: [P256]}", "curve_preferences is X25519, CurveP256"},
      {pair + "prefer_server_cipher_suites: maybe}",
       "prefer_server_cipher_suites is true or false"},
      {"http_server_config: {http2: maybe}", "http2 is true or false"},
      {"http_server_config: {headers: {Server: x}}", "1:32: a header is Content-Security-Policy"},
      {"http_server_config: {headers: {X-Frame-Options: \"a\\nb\"}}", "a header is one line"},
      {"http_server_config: {headers: {X-Frame-Options: [a]}}", "a header is text"},
      {"basic_auth_users: {a: plain}", "1:23: the password of 'a' is no bcrypt hash"},
      {"basic_auth_users: {'a:b': x}", "the name of a user is not empty and has no ':'"},
      {"basic_auth_users: {a: " + long_cost + "}", "the bcrypt cost of 'a' is above 16"},
      {"basic_auth_users: [a]", "basic_auth_users is a map, not a list"},
  };
  for (const auto& row : table) {
    const auto loaded = folder.load(row.text);
    INFO(row.text << "\n" << lines(loaded.errors));
    CHECK(loaded.errors.size() == 1);
    CHECK(lines(loaded.errors).find(row.message) != std::string::npos);
    CHECK(lines(loaded.errors).find(hash + 7) == std::string::npos);  // no secret in a message
  }
}

TEST_CASE("what a web configuration says stands in the errors of the main file") {
  const Folder folder;
  folder.write("web.yml", "basic_auth_users: {a: b}\n");
  folder.write("t.yaml", "http: {web_config: web.yml}\npeople: [{id: bob}]\n");
  const auto loaded = load_file((folder.path / "t.yaml").string());
  REQUIRE(loaded.errors.size() == 1);
  CHECK(loaded.errors[0].file == (folder.path / "web.yml").string());
  CHECK(loaded.errors[0].line == 1);

  folder.write("t.yaml", "http: {web_config: gone.yml}\npeople: [{id: bob}]\n");
  const auto gone = load_file((folder.path / "t.yaml").string());
  CHECK(lines(gone.errors) ==
        "1:20: the file '" + (folder.path / "gone.yml").string() + "' cannot be read\n");
}

TEST_CASE("the store remembers where the web configuration is, and nothing of it") {
  const Folder folder;
  folder.write("web.yml", std::string("basic_auth_users: {a: ") + hash + "}\n");
  folder.write("t.yaml", "http: {web_config: web.yml}\npeople: [{id: bob}]\n");
  const auto loaded = load_file((folder.path / "t.yaml").string());
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->text.find(hash) == std::string::npos);
  std::filesystem::remove(folder.path / "web.yml");
  const auto stored = load_stored(loaded.settings->text);
  CHECK(stored.settings);
  CHECK(stored.body.web_config == (folder.path / "web.yml").string());
}
