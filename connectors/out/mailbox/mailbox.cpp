#include "connectors/out/mailbox/mailbox.hpp"

#include "connectors/out/text/mail_words.hpp"
#include "connectors/out/text/page_text.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

std::string setting(const SendOrder& o, const char* key) {
  const auto it = o.channel_settings.find(key);
  return it == o.channel_settings.end() ? std::string() : it->second;
}

// Whoever has no address gets one that nobody can answer to.
std::string address_of(const SendOrder& o, const std::string& host) {
  if (!o.person.empty()) return o.email.empty() ? mail_atom(o.person) + "@" + host : o.email;
  const std::string to = setting(o, "to");
  return to.empty() ? mail_atom(o.channel) + "@" + host : to;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (char c : text) c == '\n' ? out += "\r\n" : out += c;
  return out;
}

Delivery encode(const SendOrder& o) {
  std::string from = setting(o, "from");
  if (from.empty()) from = "tocsin@localhost";
  const auto at = from.rfind('@');
  const std::string host = at == std::string::npos ? "localhost" : from.substr(at + 1);
  const std::string number = to_text(o.incident), key = hex(o.key);
  std::string mail;
  const auto header = [&mail](std::string_view name, const std::string& value) {
    mail.append(name).append(": ").append(value).append("\r\n");
  };
  header("Message-ID", "<" + key + "@" + host + ">");
  header("References", "<" + number + "." + std::to_string(o.cycle) + "@" + host + ">");
  header("Date", mail_text(o.now));
  header("From", mail_header_text(o.instance_name) + " <" + from + ">");
  header("To", address_of(o, host));
  header("Subject", mail_header_text(subject_of(o)));
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "8bit");
  header("Auto-Submitted", "auto-generated");
  if (o.kind == PageKind::page) header("Importance", "high");
  header("X-Tocsin-Incident", number);
  header("X-Tocsin-Kind", std::string(name(o.kind)));
  header("X-Tocsin-Key", key);
  header("X-Tocsin-Attempt", std::to_string(o.epoch.value) + "." + std::to_string(o.page.value) +
                                 "." + std::to_string(o.attempt));
  mail += "\r\n" + with_crlf(page_text(o));

  Delivery out;
  out.kind = Delivery::Kind::file;
  out.directory = setting(o, "directory");
  out.file_name = std::to_string(o.now.ms) + "-" + number + "-" + key + ".eml";
  out.body = std::move(mail);
  return out;
}

constexpr SettingSpec settings[] = {
    {"directory", SettingSpec::Type::path, true,
     "folder for the files, made when it is missing; relative to where the daemon was started"},
    {"from", SettingSpec::Type::text, false, "address of the sender; tocsin@localhost"},
    {"to", SettingSpec::Type::text, false, "address of messages to the channel itself"},
};

}  // namespace

const ChannelKind mailbox_channel{"mailbox", encode, nullptr, settings};

}  // namespace tocsin
