#include "connectors/out/smtp/smtp.hpp"

#include <algorithm>

#include "connectors/out/text/mail.hpp"
#include "connectors/out/text/mail_words.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

std::string setting(const SettingMap& settings, std::string_view key) {
  const auto it = settings.find(std::string(key));
  return it == settings.end() ? std::string() : it->second;
}

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_' || c == ':';
         });
}

Envelope::Tls starttls_of(const SettingMap& settings) {
  const std::string word = setting(settings, "starttls");
  if (word == "never" || setting(settings, "tls") == "true") return Envelope::Tls::never;
  return word == "optional" ? Envelope::Tls::optional : Envelope::Tls::required;
}

std::string url_of(const SettingMap& settings) {
  const bool tls = setting(settings, "tls") == "true";
  std::string host = setting(settings, "host"), port = setting(settings, "port");
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  if (port.empty()) port = tls ? "465" : "587";
  return (tls ? "smtps://" : "smtp://") + host + ":" + port;
}

Delivery encode(const SendOrder& o) {
  const SettingMap& settings = o.channel_settings;
  Delivery out;
  out.kind = Delivery::Kind::mail;
  out.url = url_of(settings);
  out.envelope.from = setting(settings, "from");
  out.envelope.to = o.person.empty() ? setting(settings, "to") : o.email;
  if (out.envelope.to.empty()) {
    out.kind = Delivery::Kind::none;
    out.body =
        (o.person.empty() ? "the channel" : printable(o.person, 80)) + " has no mail address";
    return out;
  }
  out.envelope.starttls = starttls_of(settings);
  out.envelope.username = setting(settings, "username");
  out.envelope.password = setting(settings, "password");
  out.envelope.ca_file = setting(settings, "ca_file");
  out.body = full_mail(o, out.envelope.from, out.envelope.to);
  return out;
}

// `body` is the last line that the server said, its code included.
ChannelAnswer read(int status, std::string_view body) {
  ChannelAnswer out;
  out.detail = body.empty() ? "SMTP " + std::to_string(status) : printable(body, 150);
  if (status == 250)
    out.outcome = AttemptOutcome::accepted;
  else if (status >= 400 && status < 500)
    out.outcome = AttemptOutcome::not_sent;
  else if (status >= 500 && status < 600)
    out.outcome = AttemptOutcome::refused;
  else
    out.outcome = AttemptOutcome::unknown;
  return out;
}

std::optional<SettingFault> check(const SettingMap& settings) {
  const bool tls = setting(settings, "tls") == "true", user = settings.count("username") > 0;
  if (!is_host(setting(settings, "host")))
    return SettingFault{"host", "host is a name or an address"};
  if (const std::string port = setting(settings, "port"); !port.empty())
    if (port == "0" || port.size() > 5 || std::stol(port) > 65'535)
      return SettingFault{"port", "port is a whole number from 1 to 65535"};
  if (tls && settings.count("starttls") > 0)
    return SettingFault{"starttls", "starttls and tls are both given: tls encrypts from the start"};
  if (user && !tls && starttls_of(settings) != Envelope::Tls::required)
    return SettingFault{"username",
                        "a password would leave in the clear: starttls is not required here"};
  if (user != (settings.count("password") > 0))
    return SettingFault{user ? "username" : "password", "username and password belong together"};
  for (const char* key : {"from", "to"})
    if (const std::string address = setting(settings, key); settings.count(key) > 0)
      if (!is_mail_address(address))
        return SettingFault{key,
                            std::string(key) + " is a bare mail address, not '" + address + "'"};
  return {};
}

constexpr SettingSpec settings[] = {
    {"host", SettingSpec::Type::text, true, "name or address of the mail server"},
    {"port", SettingSpec::Type::integer, false, "587; with tls 465"},
    {"starttls", SettingSpec::Type::choice, false,
     "required: no mail without encryption; optional: when the server offers it; never",
     "required, optional, never"},
    {"tls", SettingSpec::Type::boolean, false, "encrypted from the start (smtps)"},
    {"ca_file", SettingSpec::Type::file, false, "certificates to believe instead of the system's"},
    {"username", SettingSpec::Type::text, false, "who logs in; without it nobody does"},
    {"password", SettingSpec::Type::secret, false, "and how"},
    {"from", SettingSpec::Type::text, true, "address of the sender"},
    {"to", SettingSpec::Type::text, false, "address of messages to the channel itself"},
};

}  // namespace

const ChannelKind smtp_channel{.name = "smtp",
                               .encode = encode,
                               .read = read,
                               .settings = settings,
                               .check = check,
                               .answers_within = seconds(30),
                               .by_mail = true};

}  // namespace tocsin
