#include "config/web_config.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/reader.hpp"
#include "config/yaml.hpp"

namespace tocsin {
namespace config {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t file_bytes_max = 1u << 20;
constexpr int bcrypt_cost_max = 16;
constexpr std::size_t users_max = 1000;

using Words = std::vector<std::pair<std::string_view, std::string_view>>;

// Theirs -> OpenSSL's. Those of TLS 1.3 cannot be chosen, there or here, and are read over.
const Words& ciphers() {
  static const Words table{
      {"TLS_AES_128_GCM_SHA256", ""},
      {"TLS_AES_256_GCM_SHA384", ""},
      {"TLS_CHACHA20_POLY1305_SHA256", ""},
      {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
      {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
      {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
      {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}};
  return table;
}
const Words& curves() {
  static const Words table{
      {"X25519", "X25519"}, {"CurveP256", "P-256"}, {"CurveP384", "P-384"}, {"CurveP521", "P-521"}};
  return table;
}
constexpr std::array<std::string_view, 4> versions{"TLS10", "TLS11", "TLS12", "TLS13"};
constexpr std::array<std::string_view, 5> client_kinds{
    "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert"};
// Their closed list: what else there is belongs to whoever answers.
constexpr std::array<std::string_view, 5> header_names{
    "Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options",
    "X-Frame-Options", "X-XSS-Protection"};

template <class List>
std::vector<std::string> names(const List& list) {
  return {list.begin(), list.end()};
}
std::vector<std::string> names(const Words& table) {
  std::vector<std::string> out;
  for (const auto& [name, ours] : table) out.emplace_back(name);
  return out;
}

template <class Enum, class List>
bool choose(Reader& reader, std::string_view key, const List& known, Enum& out) {
  const auto word = reader.word(key);
  if (!word || word->text.empty()) return false;
  const auto it = std::find(known.begin(), known.end(), word->text);
  if (it == known.end()) return reader.not_one_of(*word, key, names(known)), false;
  out = static_cast<Enum>(it - known.begin());
  return true;
}

class WebReader {
 public:
  WebReader(std::string folder, Report& report, WebConfig& web)
      : folder_(std::move(folder)), report_(report), web_(web) {}

  void read(const Node& node) {
    Reader root(node, "the web configuration", report_);
    if (const Node* tls = root.find("tls_server_config")) this->tls(*tls);
    if (const Node* http = root.find("http_server_config")) this->http(*http);
    users(root);
    if (const Node* limit = root.find("rate_limit"))
      report_.warning(limit->mark, "rate_limit is not looked at: the listener has its own limits");
    root.finish();
  }

 private:
  void tls(const Node& node) {
    Reader tls(node, "tls_server_config", report_);
    WebTls out;
    out.cert_file = file(tls.required("cert_file"));
    out.key_file = file(tls.required("key_file"));
    choose(tls, "client_auth_type", client_kinds, out.client);
    const auto ca = tls.word("client_ca_file");
    out.client_ca_file = ca && !ca->text.empty() ? file(ca) : "";
    client(tls, out);
    choose(tls, "min_version", versions, out.min);
    choose(tls, "max_version", versions, out.max);
    if (out.min > out.max)
      report_.error(tls.mark(), "no version of TLS is left between min_version and max_version");
    translate(tls, "cipher_suites", ciphers(), out.ciphers);
    translate(tls, "curve_preferences", curves(), out.curves);
    tls.boolean("prefer_server_cipher_suites", out.prefer_server_ciphers);
    if (const Node* sans = tls.find("client_allowed_sans"))
      report_.error(sans->mark,
                    "client_allowed_sans is not supported, and without it anybody with a "
                    "certificate of the CA would come in");
    tls.finish();
    web_.tls = std::move(out);
  }

  void client(Reader& tls, const WebTls& out) {
    const bool verifies = out.client == WebTls::Client::verify_if_given ||
                          out.client == WebTls::Client::require_and_verify;
    const Node* type = tls.find("client_auth_type");
    const Node* ca = tls.find("client_ca_file");
    if (verifies && !ca)
      report_.error(type->mark, "client_auth_type " + type->text +
                                    " needs client_ca_file: the CAs that are believed");
    if (ca && !ca->text.empty() && out.client == WebTls::Client::none &&
        (!type || type->text == client_kinds[0]))
      report_.error(ca->mark,
                    "client_ca_file without a client_auth_type asks nobody for a "
                    "certificate");
  }

  void translate(Reader& reader, std::string_view key, const Words& table,
                 std::vector<std::string>& out) {
    for (const Word& word : reader.words(key)) {
      const auto it = std::find_if(table.begin(), table.end(),
                                   [&](const auto& row) { return row.first == word.text; });
      if (it == table.end())
        reader.not_one_of(word, key, names(table));
      else if (!it->second.empty())
        out.emplace_back(it->second);
    }
  }

  std::string file(const std::optional<Word>& word) {
    if (!word || word->text.empty()) return {};
    const fs::path path(word->text);
    const std::string whole =
        (path.is_absolute() ? path : fs::path(folder_) / path).lexically_normal().string();
    std::error_code error;
    if (fs::is_directory(whole, error) || !std::ifstream(whole))
      report_.error(word->mark, "the file '" + whole + "' cannot be read");
    return whole;
  }

  void http(const Node& node) {
    Reader http(node, "http_server_config", report_);
    bool http2 = false;
    http.boolean("http2", http2);
    if (http2)
      report_.warning(http.find("http2")->mark, "HTTP/2 is not spoken here: all get HTTP/1.1");
    for (const Member& member : http.members("headers")) header(member);
    http.finish();
  }

  void header(const Member& member) {
    const std::string& value = member.value.text;
    if (std::find(header_names.begin(), header_names.end(), member.key) == header_names.end())
      return report_.error(member.mark, "a header is " + config::one_of(names(header_names)) +
                                            ", not '" + member.key + "'");
    if (member.value.kind != Node::Kind::scalar)
      return report_.error(member.mark, "a header is text");
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    if (std::any_of(value.begin(), value.end(), control))
      return report_.error(member.value.mark, "a header is one line of text");
    if (!value.empty()) web_.headers.emplace_back(member.key, value);
  }

  void users(Reader& root) {
    const auto& members = root.members("basic_auth_users");
    for (const Member& member : members) {
      const std::string& hash = member.value.text;
      if (member.key.empty() || member.key.find(':') != std::string::npos)
        report_.error(member.mark, "the name of a user is not empty and has no ':'");
      else if (member.value.kind != Node::Kind::scalar || !is_bcrypt(hash))
        report_.error(member.value.mark, "the password of '" + member.key +
                                             "' is no bcrypt hash: make one with htpasswd -nB " +
                                             "NAME");
      else if (bcrypt_cost(hash) > bcrypt_cost_max)
        report_.error(member.value.mark, "the bcrypt cost of '" + member.key +
                                             "' is above 16: a check would take seconds");
      else
        web_.users[member.key] = hash;
    }
    if (members.size() > users_max) report_.error(root.mark(), "at most 1000 users");
  }

  std::string folder_;
  Report& report_;
  WebConfig& web_;
};

bool read_text(const std::string& path, std::string& out) {
  std::error_code error;
  if (fs::is_directory(path, error)) return false;
  if (fs::file_size(path, error) > file_bytes_max && !error) return false;
  std::ifstream in(path, std::ios::binary);
  if (in) out.assign(std::istreambuf_iterator<char>(in), {});
  return static_cast<bool>(in);
}

}  // namespace

bool is_bcrypt(std::string_view hash) {
  static constexpr std::string_view alphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return hash.size() == 60 && hash.starts_with("$2") && std::string_view("aby").find(hash[2]) < 3 &&
         hash[3] == '$' && digit(hash[4]) && digit(hash[5]) && hash[6] == '$' &&
         bcrypt_cost(hash) >= 4 && bcrypt_cost(hash) <= 31 &&
         hash.find_first_not_of(alphabet, 7) == hash.npos;
}

int bcrypt_cost(std::string_view hash) {
  return (hash[4] - '0') * 10 + (hash[5] - '0');
}

}  // namespace config

LoadedWebConfig load_web_config(const std::string& path) {
  LoadedWebConfig out;
  config::Report report;
  std::string text;
  if (!config::read_text(path, text)) {
    out.errors.push_back({path, 0, 0, "the file cannot be read"});
    return out;
  }
  config::TreeMemory memory;
  const config::Parsed parsed = config::parse_yaml(text, path, report, memory);
  if (!parsed.broken) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error);
    config::WebReader(absolute.parent_path().string(), report, out.web).read(parsed.root);
  }
  out.errors = std::move(report.errors);
  out.warnings = std::move(report.warnings);
  config::sort_diagnostics(out.errors);
  config::sort_diagnostics(out.warnings);
  return out;
}

}  // namespace tocsin
