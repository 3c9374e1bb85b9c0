#include "daemon/api/metric_families.hpp"

namespace tocsin::api {
namespace {

using Protocol = SyslogStats::Protocol;

// Calls `add` for each protocol that somebody listens for, so that what is not used shows nothing
// and what is used is there from the start.
template <class Add>
void each_used(const SyslogStats& s, bool datagrams, Add&& add) {
  for (const auto p : {SyslogProtocol::udp, SyslogProtocol::tcp, SyslogProtocol::tls})
    if (s.protocols[index(p)].used && (datagrams || p != SyslogProtocol::udp))
      add(p, std::string(name(p)), s.protocols[index(p)]);
}

void add_lines(Families& out, const SyslogStats& s, const SyslogInStats& lines) {
  auto fates =
      counter_family("tocsin_syslog_lines_total",
                     "Lines of syslog since this process started, by what became of them.");
  auto bytes = counter_family("tocsin_syslog_bytes_total", "Bytes of lines of syslog.");
  each_used(s, true, [&](SyslogProtocol p, const std::string& transport, const Protocol& of) {
    for (std::size_t fate = 0; fate < SyslogInStats::fates.size(); ++fate)
      add_sample(fates,
                 {{"transport", transport}, {"fate", std::string(SyslogInStats::fates[fate])}},
                 static_cast<double>(lines.lines[index(p)][fate].load()));
    add_sample(bytes, {{"transport", transport}}, static_cast<double>(of.bytes));
  });
  out.push_back(std::move(fates));
  out.push_back(std::move(bytes));
}

void add_connections(Families& out, const SyslogStats& s) {
  auto accepted = counter_family("tocsin_syslog_connections_total", "Syslog connections accepted.");
  auto refused = counter_family("tocsin_syslog_connections_refused_total",
                                "Syslog connections over a limit, closed at once.");
  auto closed = counter_family("tocsin_syslog_connections_closed_total",
                               "Syslog connections that ended, by why.");
  auto open = gauge_family("tocsin_syslog_connections_open", "Open syslog connections.");
  auto waits = counter_family("tocsin_syslog_waits_total",
                              "Times that a syslog connection was not read for want of room.");
  each_used(s, false, [&](SyslogProtocol, const std::string& transport, const Protocol& of) {
    const LabelPairs label{{"transport", transport}};
    add_sample(accepted, label, static_cast<double>(of.connections));
    add_sample(refused, label, static_cast<double>(of.refused));
    add_sample(open, label, of.open);
    add_sample(waits, label, static_cast<double>(of.waits));
    for (std::size_t why = 0; why < of.ends.size(); ++why)
      add_sample(
          closed,
          {{"transport", transport}, {"reason", std::string(EnumTable<SyslogEnd>::names[why])}},
          static_cast<double>(of.ends[why]));
  });
  for (auto* family : {&accepted, &refused, &closed, &open, &waits})
    if (!family->metric.empty()) out.push_back(std::move(*family));
}

}  // namespace

void add_syslog_metrics(Families& out, const SyslogNumbers& numbers, std::uint64_t out_of_memory) {
  if (!numbers.lines) return;
  const SyslogStats& s = numbers.sockets;
  add_lines(out, s, *numbers.lines);
  add_connections(out, s);
  const auto count = [&](const char* name, const char* help, std::uint64_t value) {
    add_counter(out, name, help, static_cast<double>(value));
  };
  if (s.protocols[index(SyslogProtocol::udp)].used)
    count("tocsin_syslog_datagrams_dropped_total",
          "Datagrams that the kernel had no room for, since their socket was made.", s.dropped);
  count("tocsin_syslog_receive_failures_total",
        "Datagrams and connections that the kernel could not hand over.", s.receive_failures);
  add_gauge(out, "tocsin_syslog_unsettled_bytes",
            "Bytes of connections that were read and are not durable yet.",
            static_cast<double>(s.unsettled_bytes));
  count("tocsin_syslog_rules_out_of_memory_total",
        "Lines that the rules in force were asked for one by one, for want of memory.",
        out_of_memory);
}

}  // namespace tocsin::api
