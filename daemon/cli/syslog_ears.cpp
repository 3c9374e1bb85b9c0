#include "daemon/cli/syslog_ears.hpp"

#include <unistd.h>

#include <chrono>

#include "daemon/cli/daemon.hpp"
#include "daemon/cli/log.hpp"

namespace tocsin::cli {
namespace {

SyslogFraming::Mode framing_of(const std::string& word) {
  return word == "octet_counting" ? SyslogFraming::Mode::octet_counting
         : word == "line_feed"    ? SyslogFraming::Mode::line_feed
                                  : SyslogFraming::Mode::detect;
}

std::vector<api::SyslogIn::Listener> listeners_of(const Engine& engine,
                                                  const std::vector<SyslogListen>& list) {
  const auto settings = engine.settings();
  std::vector<api::SyslogIn::Listener> out;
  for (const SyslogListen& l : list) {
    const auto zone = settings->zones.find(l.time_zone);
    out.push_back(
        {l.protocol != "udp" || l.clears, zone == settings->zones.end() ? nullptr : zone->second});
  }
  return out;
}

}  // namespace

SyslogEars::SyslogEars(Engine& engine, const std::vector<SyslogListen>& listeners)
    : in_(engine, listeners_of(engine, listeners)) {
  for (const SyslogListen& l : listeners) {
    SyslogEndpoint endpoint;
    endpoint.protocol = parse<SyslogProtocol>(l.protocol).value_or(SyslogProtocol::udp);
    const auto address = parse_endpoint(l.address);
    if (!address) faults_.push_back("'" + l.address + "' is not ADDRESS:PORT");
    if (address) endpoint.address = address->address, endpoint.port = address->port;
    endpoint.framing = framing_of(l.framing);
    if (endpoint.protocol == SyslogProtocol::tls) {
      auto certificate = std::make_unique<Certificate>();
      certificate->files.cert_file = l.cert_file;
      certificate->files.key_file = l.key_file;
      certificate->files.client_ca_file = l.client_ca_file;
      certificate->files.ask_client = certificate->files.require_client = !l.client_ca_file.empty();
      endpoint.tls = [c = certificate.get()] {
        const std::lock_guard lock(c->mutex);
        return c->tls;
      };
      certificates_.push_back(std::move(certificate));
    }
    endpoints_.push_back(std::move(endpoint));
  }
}

SyslogEars::~SyslogEars() = default;

bool SyslogEars::listen(const std::vector<int>& handed_over) {
  for (const auto& certificate : certificates_)
    if (!read(*certificate)) faults_.push_back("a certificate cannot be used");
  SyslogOptions options;
  options.endpoints = endpoints_;
  options.inherited = inspect_sockets(handed_over);
  SyslogPorts ports;
  ports.take = [this](const SyslogLines& lines, std::function<void()> settled) {
    return in_.take(lines, std::move(settled));
  };
  ports.broken = [this](SyslogProtocol protocol, std::string_view peer, SyslogEnd why) {
    in_.broken(protocol);
    broken(protocol, peer, why);
  };
  server_ = std::make_unique<SyslogServer>(std::move(options), std::move(ports));
  if (faults_.empty()) {
    const SyslogListening listening = server_->start();
    for (const std::string& warning : listening.warnings) log(LogLevel::warning, "syslog", warning);
    if (listening.ok) {
      for (const std::string& where : listening.open) log(LogLevel::info, "syslog_open", where);
      return true;
    }
    faults_.push_back(listening.error);
  }
  for (const std::string& fault : faults_) log(LogLevel::error, "cannot_listen", fault);
  return false;
}

// One line a second at most: who sends rubbish over and over fills no log.
void SyslogEars::broken(SyslogProtocol protocol, std::string_view peer, SyslogEnd why) {
  const std::int64_t now_s = std::chrono::duration_cast<std::chrono::seconds>(
                                 std::chrono::steady_clock::now().time_since_epoch())
                                 .count();
  if (logged_at_s_.exchange(now_s) == now_s) return;
  log(LogLevel::warning, "syslog_framing_broken",
      std::string(name(protocol)) + " connection of " + std::string(peer) +
          " closed: " + std::string(name(why)));
}

// Stamps are taken before the files are read: what changes meanwhile has changed afterwards. A
// failure is not repeated before something has changed once more, and leaves the old in use.
bool SyslogEars::read(Certificate& certificate) {
  const TlsOptions& files = certificate.files;
  certificate.stamps.clear();
  for (const std::string& file : {files.cert_file, files.key_file, files.client_ca_file})
    if (!file.empty()) certificate.stamps.push_back(stamp_of(file));
  std::string error;
  auto tls = make_tls(files, error);
  if (!tls) return log(LogLevel::error, "syslog_certificate", error), false;
  const std::lock_guard lock(certificate.mutex);
  certificate.tls = std::move(tls);
  return true;
}

void SyslogEars::look() {
  for (const auto& certificate : certificates_) {
    bool changed = false;
    for (const FileStamp& stamp : certificate->stamps)
      changed = changed || stamp_of(stamp.path) != stamp;
    if (changed && read(*certificate))
      log(LogLevel::info, "syslog_certificate_read", certificate->files.cert_file);
  }
}

void SyslogEars::stop(std::chrono::milliseconds wait) {
  if (server_) server_->stop(wait);
}

SyslogStats SyslogEars::stats() const {
  return server_ ? server_->stats() : SyslogStats{};
}

}  // namespace tocsin::cli
