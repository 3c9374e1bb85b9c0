// The sections that concern the process: http, store, instance, tokens, integrations.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config/compiler.hpp"
#include "config/web_config.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t secret_bytes_max = 4096;
constexpr std::int64_t quota_rate_max = 1'000'000;
// A beat has 10 s to be answered; after an hour of silence nobody would call it a heartbeat.
constexpr Span keep_incidents_min = hours(24), keep_events_max = hours(24 * 30);
constexpr Span keep_requests_min = hours(1);
constexpr Span heartbeat_every_min = seconds(10), heartbeat_every_max = hours(1);

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  int port = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + (c - '0');
  }
  return port <= 65535;
}

// "https://[::1]:9966/x" -> "::1"
std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find('/'));
  if (url.starts_with("[")) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

bool is_address(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_private_172(std::string_view host) {
  for (int second = 16; second < 32; ++second)
    if (host.starts_with("172." + std::to_string(second) + ".")) return true;
  return false;
}

// A phone in another network cannot open it.
bool is_private_host(std::string_view host) {
  if (host == "localhost" || host.find(':') != std::string_view::npos)
    return host == "localhost" || host == "::1" || host.starts_with("fe80") ||
           host.starts_with("fc") || host.starts_with("fd");
  if (is_address(host))
    return host.starts_with("127.") || host.starts_with("10.") || host.starts_with("192.168.") ||
           host.starts_with("169.254.") || host.starts_with("0.") || is_private_172(host);
  for (std::string_view end : {".local", ".localhost", ".internal", ".lan", ".home.arpa"})
    if (host.ends_with(end)) return true;
  return host.find('.') == std::string_view::npos;
}

bool is_hex64(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

bool is_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
  const auto host = text.substr(0, colon);
  return text.starts_with("[") ? host.ends_with("]") : host.find(':') == std::string_view::npos;
}

void Compiler::http(Reader& root) {
  if (const Node* node = root.find("http")) {
    Reader http(*node, "http", report_);
    const auto listen = http.words("listen");
    if (!listen.empty()) body.listen.clear();
    for (const auto& word : listen) listen_address(word);
    if (const auto url = http.word("external_url")) external_url(*url);
    if (const auto file = http.word("web_config"); file && !file->text.empty()) web_config(*file);
    http.boolean("loopback_may_act", body.loopback_may_act);
    http.integer("connections_per_address_max", 1, 1024, body.connections_per_address_max);
    http.finish();
  }
  if (const Node* node = root.find("store")) {
    Reader store(*node, "store", report_);
    body.store_path = store.text("path", body.store_path);
    if (const Node* retention = store.find("retention")) {
      Reader keep(*retention, "retention", report_);
      keep.duration("incidents", settings.keep_incidents);
      if (settings.keep_incidents != Span{} && settings.keep_incidents < keep_incidents_min)
        report_.error(keep.mark(), "incidents are kept for a day at least, or for ever with 0s");
      keep.duration("events", settings.keep_events);
      if (settings.keep_events > keep_events_max)
        report_.error(keep.mark(), "events are kept for 30 days at most");
      keep.duration("requests", settings.keep_requests);
      if (settings.keep_requests < keep_requests_min)
        report_.error(keep.mark(), "requests that are done are kept for an hour at least");
      keep.finish();
    }
    store.finish();
  }
  if (const Node* node = root.find("instance")) {
    Reader instance(*node, "instance", report_);
    settings.instance_name = instance.text("name", settings.instance_name);
    if (instance.find("time_zone")) settings.time_zone = time_zone(instance);
    instance.finish();
  }
}

void Compiler::heartbeat(Reader& root) {
  const Node* node = root.find("heartbeat");
  if (!node) return;
  Reader item(*node, "the section heartbeat", report_);
  HeartbeatTarget& out = body.heartbeat;
  const auto url = item.word("url"), file = item.word("url_file");
  item.duration("every", out.every);
  item.finish();
  if (url && file) return report_.error(file->mark, "url and url_file are both given");
  if (!url && !file) return report_.error(item.mark(), "heartbeat has no url and no url_file");
  if (out.every < heartbeat_every_min || out.every > heartbeat_every_max)
    report_.error(item.mark(), "every is 10s to 1h");
  out.url = url ? url->text : "";
  if (file) out.file = absolute(file->text);
  if (file && !read_secret(*file, out.url)) return;
  if (!out.url.starts_with("https://") && !out.url.starts_with("http://"))
    report_.error(url ? url->mark : file->mark,  // not what it is: it is a secret
                  "the url of the heartbeat starts with https:// or http://");
}

void Compiler::listen_address(const Word& word) {
  if (!is_listen_address(word.text))
    return report_.error(word.mark,
                         "listen is host:port, [v6]:port or :port, not '" + word.text + "'");
  body.listen.push_back(word.text);
}

void Compiler::external_url(const Word& word) {
  std::string url = word.text;
  while (url.ends_with("/")) url.pop_back();
  if (url.empty()) return;
  const auto scheme = url.find("://");
  if ((!url.starts_with("http://") && !url.starts_with("https://")) || host_of(url).empty() ||
      scheme + 3 >= url.size())
    return report_.error(word.mark,
                         "external_url starts with https:// or http://, not '" + word.text + "'");
  if (is_private_host(host_of(url)))
    report_.warning(word.mark, "the links in pages lead to '" + std::string(host_of(url)) +
                                   "', which does not open on a phone");
  settings.external_url = body.external_url = url;
}

// Its own mistakes stand at their places in it. A stored configuration only names the file: who
// starts on it opens no door when the file is not good.
void Compiler::web_config(const Word& path) {
  body.web_config = absolute(path.text);
  if (lenient_) return;
  LoadedWebConfig loaded = load_web_config(body.web_config);
  for (Diagnostic& d : loaded.errors)
    d.line == 0 ? report_.error(path.mark, "the file '" + d.file + "' cannot be read")
                : report_.errors.push_back(std::move(d));
  for (Diagnostic& d : loaded.warnings) report_.warnings.push_back(std::move(d));
  has_users_ = !loaded.web.users.empty();
}

std::string Compiler::absolute(const std::string& path) const {
  const std::filesystem::path p(path);
  return (p.is_absolute() ? p : std::filesystem::path(folder_) / p).lexically_normal().string();
}

bool Compiler::read_secret(const Word& path, std::string& out) {
  std::ifstream in(absolute(path.text), std::ios::binary);
  if (in) out.assign(std::istreambuf_iterator<char>(in), {});
  std::string problem;
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.pop_back();
  if (!in)
    problem = "cannot be read";
  else if (out.empty())
    problem = "is empty";
  else if (out.size() > secret_bytes_max)
    problem = "is larger than 4096 bytes";
  if (problem.empty()) return true;
  out.clear();
  const std::string message = "the file '" + absolute(path.text) + "' " + problem;
  lenient_ ? report_.warning(path.mark, message) : report_.error(path.mark, message);
  return false;
}

// SHA-256 of the token of an item; empty when it has none or it cannot be had.
std::string Compiler::token_hash(Reader& item, bool required) {
  const auto inline_token = item.word("token"), file = item.word("token_file");
  if (inline_token && file) {
    report_.error(file->mark, "token and token_file are both given");
    return {};
  }
  std::string secret;
  if (file) {
    if (!read_secret(*file, secret)) return {};
  } else if (inline_token) {
    secret = inline_token->text;
  } else {
    if (required) report_.error(item.mark(), "neither token nor token_file is given");
    return {};
  }
  const Mark& mark = file ? file->mark : inline_token->mark;
  if (!secret.starts_with("sha256:"))
    return secret.empty() ? report_.error(mark, "the token is empty"), "" : sha256_hex(secret);
  secret.erase(0, 7);
  if (is_hex64(secret)) return secret;
  report_.error(mark, "sha256: is followed by 64 lower-case hex digits");
  return {};
}

void Compiler::tokens(Reader& root) {
  for (const auto& node : root.items("tokens")) {
    Reader item(node, "a token", report_);
    Token token;
    const auto name = identity(item, "name", "token");
    const auto roles = item.words("roles");
    bool acts = false;
    for (const auto& word : roles)
      if (const auto role = parse<Role>(word.text)) {
        token.roles |= 1u << index(*role);
        acts = acts ||
               (*role != Role::viewer && *role != Role::auditor && *role != Role::event_source);
      } else {
        item.not_one_of(word, "a role", Reader::names_of<Role>());
      }
    if (roles.empty() && item.ok()) report_.error(item.mark(), "a token has no roles");
    token.person = refer_text(Kind::person, item.word("person"));
    if (acts && token.person.empty())
      report_.error(item.mark(), "a token that may act names its person");
    token.sha256 = token_hash(item, true);
    item.finish();
    if (!name) continue;
    for (const auto& other : body.tokens)
      if (!token.sha256.empty() && other.sha256 == token.sha256)
        report_.error(item.mark(),
                      "the tokens '" + other.name + "' and '" + *name + "' are the same");
    token.name = *name;
    body.tokens.push_back(std::move(token));
  }
}

void Compiler::repeat_interval(Reader& item, Integration& integration) {
  const SourceKind* kind = find_source(integration.source);
  if (kind) integration.repeat_interval = kind->repeat_interval;
  const Node* given = item.find("repeat_interval");
  if (!given || !kind) return;
  if (kind->repeat_interval == Span{})
    return report_.error(given->mark, "a sender of the source '" + integration.source +
                                          "' repeats within minutes: it has no repeat_interval");
  item.duration("repeat_interval", integration.repeat_interval);
  if (integration.repeat_interval < seconds(1))
    report_.error(given->mark, "repeat_interval is at least 1s");
}

void Compiler::quota(Reader& item, Integration& integration) {
  const Node* given = item.find("quota");
  if (!given) return;
  Reader quota(*given, "quota", report_);
  std::int64_t rate = 0, burst = 0;
  quota.integer("alerts_per_second", 1, quota_rate_max, rate);
  // Senders such as Prometheus repeat all that fires once a minute, in one go.
  burst = 60 * rate;
  quota.integer("burst", 1, 60 * quota_rate_max, burst);
  if (quota.ok() && !quota.find("alerts_per_second"))
    report_.error(given->mark, "quota has no alerts_per_second");
  quota.finish();
  integration.quota = {static_cast<std::uint32_t>(rate), static_cast<std::uint32_t>(burst)};
}

void Compiler::integrations(Reader& root) {
  const Node* given = root.find("integrations");
  if (given && !defaults_) body.integrations.clear();
  for (const auto& node : root.items("integrations")) {
    Reader item(node, "an integration", report_);
    Integration integration;
    const auto name = identity(item, "name", defaults_ ? "built-in integration" : "integration");
    if (const auto source = item.required("source")) {
      integration.source = source->text;
      std::vector<std::string> known;
      for (const auto& kind : source_kinds()) known.emplace_back(kind.name);
      if (!find_source(source->text)) item.not_one_of(*source, "source", known);
    }
    integration.token_sha256 = token_hash(item, false);
    repeat_interval(item, integration);
    quota(item, integration);
    program(item, integration);
    item.finish();
    if (!name) continue;
    integration.name = *name;
    if (*name == syslog_source)
      report_.error(item.mark(),
                    "'syslog' is the source of what comes as syslog: an integration "
                    "has another name");
    if (*name == report_source)
      report_.error(item.mark(),
                    "'report' is the source of what people report: an integration has another "
                    "name");
    if (*name == heartbeat_source)
      report_.error(item.mark(),
                    "'heartbeat' is the source of pings and of heartbeats that are missed: an "
                    "integration has another name");
    if (name->find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") != std::string::npos)
      report_.error(item.mark(),
                    "the name of an integration is part of a path: a-z, 0-9, '-', '_' "
                    "and '.' only, not '" +
                        *name + "'");
    body.integrations.push_back(std::move(integration));
  }
  if (body.integrations.size() > 31)
    report_.error(given ? given->mark : root.mark(), "at most 31 integrations");
}

}  // namespace tocsin::config
