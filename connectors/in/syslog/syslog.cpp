#include "connectors/in/syslog/syslog.hpp"

#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <string>

#include "connectors/in/text/packer.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

constexpr std::size_t host_bytes_max = 255, capture_bytes_max = 512, summary_bytes_max = 512,
                      program_bytes_max = 128;

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x7F;
  });
}

// Old devices write ISO 8859-1: what is no UTF-8 is taken for that. Control characters say nothing.
std::string as_utf8(std::string_view text) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (!utf8 && byte >= 0x80 && byte < 0xA0))
      out += ' ';
    else if (utf8 || byte < 0x80)
      out += c;
    else
      (out += static_cast<char>(0xC0 | byte >> 6)) += static_cast<char>(0x80 | (byte & 0x3F));
  }
  return out;
}

// process.md 4.4: emergency, alert and critical are one.
Severity severity_of(std::uint8_t severity) {
  if (severity <= 2) return Severity::critical;
  if (severity == 3) return Severity::error;
  return severity == 4 ? Severity::warning : Severity::info;
}

class Decoder {
 public:
  Decoder(const SyslogMessage& message, const SyslogMatch& match, const SyslogTransport& transport)
      : message_(message), match_(match), transport_(transport), rule_(*match.rule) {}

  bool run(AlertBatch& batch) {
    static thread_local AlertPacker packer;
    packer.clear();
    packer.label("alertname", rule_.alertname);
    packer.label("rule", rule_.id);
    const std::string_view host = message_.host.empty() ? transport_.peer : message_.host;
    packer.label("host", clean(host, host_bytes_max));
    for (const auto& [name, value] : match_.captures) {
      const std::string_view text = clean(value, capture_bytes_max);
      const auto& notes = rule_.notes;
      std::find(notes.begin(), notes.end(), name) == notes.end() ? packer.label(name, text)
                                                                 : packer.annotation(name, text);
    }
    describe(packer);
    std::string why;
    return packer.pack(batch, times(), why);
  }

 private:
  std::string_view clean(std::string_view text, std::size_t bytes) {
    if (!is_plain(text)) text = kept_.emplace_back(as_utf8(text));
    return cut_utf8(text, bytes);
  }

  void describe(AlertPacker& packer) {
    const std::string_view text = clean(message_.text, AlertLimits::annotation_bytes);
    packer.annotation("message", text);
    packer.annotation("summary", rule_.summary.empty() ? cut_utf8(text, summary_bytes_max)
                                                       : worded(rule_.summary));
    packer.annotation("runbook_url", rule_.runbook_url);
    packer.annotation("severity",
                      name(rule_.alert_severity.value_or(severity_of(message_.severity))));
    packer.annotation("program", clean(message_.program, program_bytes_max));
    packer.annotation("facility", syslog_facility_name(message_.facility));
  }

  // "{interface} is down": a group that took no part leaves nothing.
  std::string_view worded(std::string_view pattern) {
    std::string& out = kept_.emplace_back();
    while (!pattern.empty()) {
      const std::size_t open = pattern.find('{'), close = pattern.find('}', open);
      if (close == std::string_view::npos) break;
      out.append(pattern.substr(0, open));
      const std::string_view name = pattern.substr(open + 1, close - open - 1);
      for (const auto& [group, value] : match_.captures)
        if (group == name) out.append(clean(value, capture_bytes_max));
      pattern.remove_prefix(close + 1);
    }
    out.append(pattern);
    return cut_utf8(out, summary_bytes_max);
  }

  IncomingAlert times() const {
    IncomingAlert alert;
    alert.resolved = match_.clears;
    if (match_.clears)
      alert.ends_at = transport_.received_at;
    else
      alert.ends_at =
          rule_.quiet_after == Span{} ? until_cleared : transport_.received_at + rule_.quiet_after;
    return alert;
  }

  const SyslogMessage& message_;
  const SyslogMatch& match_;
  const SyslogTransport& transport_;
  const SyslogRule& rule_;
  std::deque<std::string> kept_;  // what the views of the packer lead to
};

}  // namespace

std::optional<Disposition> decode_syslog(std::string_view line, const SyslogRules& rules,
                                         const SyslogTransport& transport, AlertBatch& batch) {
  SyslogMessage message;
  if (parse_syslog(line, {transport.received_at, transport.zone}, message) != SyslogError::none)
    return Disposition::rejected_malformed;
  static thread_local SyslogMatch match;
  rules.match(message, match);
  if (!match.rule) return Disposition::unmatched;
  if (match.clears && !transport.may_clear && !match.rule->clear_over_udp)
    return Disposition::rejected_auth;
  if (!Decoder(message, match, transport).run(batch)) return Disposition::rejected_malformed;
  return {};
}

}  // namespace tocsin
