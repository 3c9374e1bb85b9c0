#include "daemon/api/syslog_in.hpp"

#include "connectors/in/syslog/syslog.hpp"
#include "daemon/api/preparing.hpp"

namespace tocsin::api {

// A batch, read by the rules of one configuration.
struct SyslogIn::Sorted {
  AlertsRequest request;
  std::array<std::size_t, EnumTable<Disposition>::count> others{};  // lines that are no alert
};

SyslogIn::Sorted SyslogIn::sort(const SyslogLines& lines) const {
  Sorted out;
  AlertsRequest& r = out.request;
  r.batch = std::make_shared<AlertBatch>();
  r.settings = engine_.settings();
  r.source = engine_.source_slot(syslog_source);
  r.received_at = engine_.wall_now();
  const Listener& listener = listeners_[lines.endpoint];
  SyslogTransport transport{
      {}, r.received_at, listener.may_clear, listener.zone ? listener.zone.get() : nullptr};
  for (const SyslogLine& line : lines.lines) {
    transport.peer = line.peer;
    const Input input{InputKind::line, 0, line.text};
    if (engine_.quarantined(input)) {
      ++out.others[index(Disposition::quarantined)];
      continue;
    }
    const InHand hold(input);
    const auto other = decode_syslog(line.text, *r.settings->syslog, transport, *r.batch);
    if (other) ++out.others[index(*other)];
  }
  prepare_all(engine_, r, syslog_source);
  out.others[index(Disposition::quarantined)] += drop_quarantined(engine_, r);
  return out;
}

Taken SyslogIn::take(const SyslogLines& lines, std::function<void()> settled) {
  Sorted sorted = sort(lines);
  const std::size_t matched = sorted.request.prepared.size();
  Taken taken = Taken::done;
  if (matched > 0) {
    sorted.request.done = [settled = std::move(settled)](bool, std::uint64_t) { settled(); };
    const bool offered = engine_.offer(std::move(sorted.request)) == Offer::taken;
    // A connection waits, and what it brought is read once more; a datagram cannot.
    if (!offered && lines.protocol != SyslogProtocol::udp) return Taken::full;
    if (offered) {
      taken = Taken::waiting;
      stats_.of(lines.protocol, SyslogInStats::Fate::matched) += matched;
    } else {
      count(lines.protocol, Disposition::shed, matched);
    }
  }
  for (std::size_t i = 0; i < sorted.others.size(); ++i)
    count(lines.protocol, static_cast<Disposition>(i), sorted.others[i]);
  return taken;
}

void SyslogIn::broken(SyslogProtocol protocol) {
  count(protocol, Disposition::rejected_malformed, 1);
}

void SyslogIn::count(SyslogProtocol protocol, Disposition disposition, std::size_t n) {
  if (n == 0) return;
  using Fate = SyslogInStats::Fate;
  const Fate fate = disposition == Disposition::unmatched       ? Fate::unmatched
                    : disposition == Disposition::rejected_auth ? Fate::refused
                    : disposition == Disposition::shed          ? Fate::shed
                                                                : Fate::malformed;
  stats_.of(protocol, fate) += n;
  engine_.count_rejected(engine_.source_slot(syslog_source), disposition,
                         static_cast<std::uint32_t>(n));
}

}  // namespace tocsin::api
