#include "connectors/out/exec/exec.hpp"

#include <algorithm>

#include "connectors/out/text/page_json.hpp"
#include "connectors/out/text/page_text.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

constexpr std::size_t arguments_max = 32, argument_bytes_max = 1024;
constexpr std::size_t value_bytes_max = 256;
constexpr int temporary_failure = 75;  // EX_TEMPFAIL of sysexits.h

std::vector<std::string> words_of(const std::map<std::string, std::string>& settings) {
  const auto found = settings.find("arguments");
  std::vector<std::string> out;
  if (found == settings.end()) return out;
  for (std::size_t at = 0; at <= found->second.size();) {
    const std::size_t end = std::min(found->second.find(word_end, at), found->second.size());
    out.push_back(found->second.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Delivery encode(const SendOrder& o) {
  Delivery out;
  out.kind = Delivery::Kind::run;
  const auto command = o.channel_settings.find("command");
  if (command != o.channel_settings.end()) out.file_name = command->second;
  out.arguments = words_of(o.channel_settings);
  const auto variable = [&out](const char* name, std::string_view value) {
    out.environment.push_back(std::string(name) + "=" + printable(value, value_bytes_max));
  };
  variable("PATH", "/usr/local/bin:/usr/bin:/bin");
  variable("LANG", "C.UTF-8");
  variable("TOCSIN_KEY", hex(o.key));
  variable("TOCSIN_KIND", name(o.kind));
  variable("TOCSIN_INCIDENT", number_of(o));
  variable("TOCSIN_PRIORITY", name(o.priority));
  variable("TOCSIN_PERSON", o.person);
  variable("TOCSIN_EMAIL", o.email);
  variable("TOCSIN_CHANNEL", o.channel);
  out.body = page_json(o) + "\n";
  return out;
}

ChannelAnswer read(int status, std::string_view said) {
  ChannelAnswer out;
  out.outcome = status == 0                   ? AttemptOutcome::accepted
                : status == temporary_failure ? AttemptOutcome::not_sent
                                              : AttemptOutcome::refused;
  out.detail = "exit " + std::to_string(status);
  while (said.ends_with('\n')) said.remove_suffix(1);
  if (!said.empty()) out.detail += ": " + printable(said, 160);
  return out;
}

std::optional<SettingFault> check(const SettingMap& settings) {
  const auto arguments = words_of(settings);
  if (arguments.size() > arguments_max) return SettingFault{"arguments", "at most 32 arguments"};
  for (const std::string& argument : arguments)
    if (argument.size() > argument_bytes_max)
      return SettingFault{"arguments", "an argument is at most 1024 bytes"};
  return {};
}

constexpr SettingSpec settings[] = {
    {"command", SettingSpec::Type::program, true, "the program, from / on"},
    {"arguments", SettingSpec::Type::words, false, "what stands behind its name"},
};

}  // namespace

const ChannelKind exec_channel{.name = "exec",
                               .encode = encode,
                               .read = read,
                               .settings = settings,
                               .check = check,
                               .answers_within = seconds(20)};

}  // namespace tocsin
