// The listeners for syslog.
#include <algorithm>
#include <array>
#include <fstream>

#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t listeners_max = 16;
constexpr std::array<std::string_view, 3> protocols{"udp", "tcp", "tls"};
constexpr std::array<std::string_view, 3> framings{"detect", "octet_counting", "line_feed"};

bool is_loopback(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]");
}

}  // namespace

void Compiler::syslog_listeners(Reader& root) {
  const auto& items = root.items("syslog");
  for (const auto& node : items) {
    Reader item(node, "a syslog listener", report_);
    if (auto listener = syslog_listener(item)) body.syslog.push_back(std::move(*listener));
    item.finish();
  }
  if (body.syslog.size() > listeners_max)
    report_.error(items.back().mark,
                  "at most " + std::to_string(listeners_max) + " syslog listeners");
}

// One protocol and its address; nothing when that is not so.
std::optional<SyslogListen> Compiler::syslog_listener(Reader& item) {
  SyslogListen out;
  std::optional<Word> address;
  for (const std::string_view protocol : protocols)
    if (const auto word = item.word(protocol)) {
      if (address)
        report_.error(word->mark, "a syslog listener is one of udp, tcp and tls, not two");
      out.protocol = protocol;
      address = word;
    }
  syslog_keys(item, out);
  if (!item.ok()) return {};
  if (!address)
    return report_.error(item.mark(), "a syslog listener is udp, tcp or tls"), std::nullopt;
  if (!is_listen_address(address->text))
    return report_.error(address->mark, out.protocol + " is host:port, [v6]:port or :port, not '" +
                                            address->text + "'"),
           std::nullopt;
  out.address = address->text;
  const bool datagrams = out.protocol == "udp";
  for (const SyslogListen& other : body.syslog)
    if (other.address == out.address && (other.protocol == "udp") == datagrams)
      report_.error(address->mark, "two syslog listeners have the address " + out.address);
  if (out.clears && datagrams && !is_loopback(out.address))
    report_.warning(address->mark,
                    "anybody can forge a datagram: with clears: true whoever reaches " +
                        out.address + " can end an alert");
  return out;
}

// What goes with some of the protocols only.
void Compiler::syslog_keys(Reader& item, SyslogListen& out) {
  const auto belongs = [&](std::string_view key, bool does, std::string_view to) {
    const Node* node = item.find(key);
    if (node && !does && !out.protocol.empty())
      report_.error(node->mark, std::string(key) + " belongs to a listener for " + std::string(to) +
                                    ", not for " + out.protocol);
  };
  const bool udp = out.protocol == "udp", tls = out.protocol == "tls";
  if (const auto framing = item.word("framing")) {
    out.framing = framing->text;
    if (std::find(framings.begin(), framings.end(), framing->text) == framings.end())
      item.not_one_of(*framing, "framing", {framings.begin(), framings.end()});
  }
  belongs("framing", !udp, "tcp or tls");
  item.boolean("clears", out.clears);
  belongs("clears", udp, "udp");
  out.time_zone = time_zone(item);
  const auto file = [&](std::string_view key, std::string& into) {
    const auto word = item.word(key);
    belongs(key, tls, "tls");
    if (!word || word->text.empty()) return;
    into = absolute(word->text);
    if (std::ifstream(into)) return;
    const std::string message = "the file '" + into + "' cannot be read";
    lenient_ ? report_.warning(word->mark, message) : report_.error(word->mark, message);
  };
  file("cert_file", out.cert_file);
  file("key_file", out.key_file);
  file("client_ca_file", out.client_ca_file);
  if (tls && (!item.find("cert_file") || !item.find("key_file")))
    report_.error(item.mark(), "a listener for tls has a cert_file and a key_file");
}

}  // namespace tocsin::config
