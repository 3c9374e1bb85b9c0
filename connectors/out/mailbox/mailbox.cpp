#include "connectors/out/mailbox/mailbox.hpp"

#include "connectors/out/text/mail.hpp"
#include "connectors/out/text/mail_words.hpp"

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

Delivery encode(const SendOrder& o) {
  std::string from = setting(o, "from");
  if (from.empty()) from = "tocsin@localhost";
  Delivery out;
  out.kind = Delivery::Kind::file;
  out.directory = setting(o, "directory");
  out.file_name = std::to_string(o.now.ms) + "-" + to_text(o.incident) + "-" + hex(o.key) + ".eml";
  out.body = plain_mail(o, from, address_of(o, mail_host(from)));
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
