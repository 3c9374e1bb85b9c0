#include "connectors/out/syslog/syslog.hpp"

#include "connectors/out/text/page_text.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

constexpr std::size_t line_bytes_max = 900;  // RFC 3164 ends a message at 1024
constexpr int facility_daemon = 3, severity_emergency = 0, severity_notice = 5;

// "daemon.emerg". No time: the logger has its own.
Delivery encode(const SendOrder& o) {
  const int severity = o.kind == PageKind::page ? severity_emergency : severity_notice;
  std::string whom = o.person.empty() ? "" : " to " + printable(o.person, 80);
  std::string line;
  for (const char c : page_text_within(o, line_bytes_max))
    line += c == '\n' ? "; " : std::string(1, c);
  while (line.ends_with("; ")) line.resize(line.size() - 2);
  Delivery out;
  out.kind = Delivery::Kind::datagram;
  out.body = "<" + std::to_string(facility_daemon * 8 + severity) +
             ">tocsin: " + std::string(name(o.kind)) + whom + ": " + line;
  const auto path = o.channel_settings.find("path");
  out.file_name = path == o.channel_settings.end() ? "/dev/log" : path->second;
  return out;
}

constexpr SettingSpec settings[] = {
    {"path", SettingSpec::Type::path, false, "socket of the logger; /dev/log"},
};

}  // namespace

const ChannelKind syslog_channel{.name = "syslog",
                                 .encode = encode,
                                 .read = nullptr,
                                 .settings = settings,
                                 .this_machine = true};

}  // namespace tocsin
