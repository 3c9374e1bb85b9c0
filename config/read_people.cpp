// The sections that say who can be told, and how: people, groups, channels, roles, catch_all.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

std::vector<std::string> texts(const std::vector<Word>& words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back(word.text);
  return out;
}

bool looks_like_email(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find_first_of(" \t\r\n<>,;\"") == std::string_view::npos &&
         text.find('@', at + 1) == std::string_view::npos;
}

std::vector<std::string> choices_of(const SettingSpec& spec) {
  std::vector<std::string> out;
  std::string_view rest = spec.choices;
  while (!rest.empty()) {
    const auto end = rest.find(", ");
    out.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
  }
  return out;
}

}  // namespace

const std::vector<std::string>& step_positions() {
  static const std::vector<std::string> words{"primary",  "secondary", "lead",
                                              "everyone", "channel",   "catch_all"};
  return words;
}

const std::vector<std::string>& role_words() {
  static const std::vector<std::string> words = [] {
    auto out = Reader::names_of<Role>();
    for (const char* more : {"service_delivery_manager", "head_of_operations", "cio"})
      out.emplace_back(more);
    return out;
  }();
  return words;
}

std::string Compiler::refer_text(Kind kind, const std::optional<Word>& word) {
  if (!word || word->text.empty()) return {};
  refer(kind, *word);
  return word->text;
}

std::vector<std::string> Compiler::refer_all(Kind kind, const std::vector<Word>& words) {
  for (const auto& word : words) refer(kind, word);
  return texts(words);
}

std::optional<std::string> Compiler::identity(Reader& item, std::string_view key,
                                              const std::string& kind) {
  const auto word = item.required(key);
  if (!word) return {};
  const auto [it, fresh] = identities_[kind].emplace(word->text, word->mark);
  if (fresh) return word->text;
  report_.error(word->mark,
                kind + " '" + word->text + "' stands twice, first in " + to_text(it->second));
  return {};
}

void Compiler::people(Reader& root) {
  for (const auto& node : root.items("people")) {
    Reader item(node, "a person", report_);
    Person person;
    const auto id = identity(item, "id", "person");
    if (const auto email = item.word("email")) {
      person.email = email->text;
      if (!looks_like_email(email->text))
        report_.error(email->mark, "'" + email->text + "' is no mail address");
    }
    person.time_zone = time_zone(item);
    if (const Node* reach = item.find("reach")) {
      Reader ways(*reach, "reach", report_);
      person.page = refer_all(Kind::channel, ways.words("page"));
      person.inform = refer_all(Kind::channel, ways.words("inform"));
      ways.finish();
    }
    item.finish();
    if (!id) continue;
    const auto is_id = [&](const std::string& word) { return word == *id; };
    if (std::any_of(step_positions().begin(), step_positions().end(), is_id) ||
        std::any_of(role_words().begin(), role_words().end(), is_id))
      report_.error(item.mark(), "'" + *id +
                                     "' means something else in an escalation and cannot "
                                     "be the id of a person");
    person.id = *id;
    person_marks_[*id] = item.mark();
    settings.people.push_back(std::move(person));
  }
}

void Compiler::groups(Reader& root) {
  for (const auto& node : root.items("groups")) {
    Reader item(node, "a group", report_);
    Group group;
    const auto id = identity(item, "id", "group");
    group.members = refer_all(Kind::person, item.words("members"));
    group.lead = refer_text(Kind::person, item.word("lead"));
    group.channel = refer_text(Kind::channel, item.word("channel"));
    item.finish();
    if (!id) continue;
    group.id = *id;
    if (group.members.empty())
      report_.warning(item.mark(),
                      "group '" + *id + "' has no members; its pages go to the catch-all");
    settings.groups.push_back(std::move(group));
  }
  if (const auto word = root.word("default_group"))
    settings.default_group = refer_text(Kind::group, word);
}

void Compiler::channel_words(Reader& item, Channel& channel, const SettingSpec& spec) {
  const std::string key(spec.key);
  std::string joined;
  const auto words = item.words(key);
  for (const Word& word : words) {
    if (word.text.empty() ||
        word.text.find_first_of(std::string_view("\n\0", 2)) != std::string::npos)
      report_.error(word.mark, key + " are words of one line, and none is empty");
    joined += (&word == &words.front() ? "" : std::string(1, word_end)) + word.text;
  }
  if (!words.empty()) channel.settings[key] = joined;
}

void Compiler::may_be_run(const Word& command) {
  const std::string& path = command.text;
  if (!path.starts_with("/"))
    return report_.error(command.mark, "a program is named from / on, not '" + path + "'");
  struct stat status {};
  std::string problem;
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      access(path.c_str(), X_OK) != 0)
    problem = "the program '" + path + "' cannot be run";
  else if (status.st_mode & S_IWOTH)
    problem = "anybody may write the program '" + path + "'";
  if (problem.empty()) return;
  lenient_ ? report_.warning(command.mark, problem) : report_.error(command.mark, problem);
}

void Compiler::channel_setting(Reader& item, Channel& channel, const SettingSpec& spec) {
  if (spec.type == SettingSpec::Type::words) return channel_words(item, channel, spec);
  const std::string key(spec.key);
  const bool may_be_file =
      spec.type == SettingSpec::Type::secret || spec.type == SettingSpec::Type::url;
  auto value = item.word(key);
  const auto file = may_be_file ? item.word(key + "_file") : std::nullopt;
  if (value && file) return report_.error(file->mark, key + " and " + key + "_file are both given");
  if (!value && !file) {
    if (spec.required)
      report_.error(item.mark(), "a channel of kind " + channel.kind + " has no " + key);
    return;
  }
  if (file) {
    channel.settings[key + "_file"] = absolute(file->text);
    Word contents{"", file->mark};
    if (!read_secret(*file, contents.text)) return;
    value = contents;
  }
  if (spec.type == SettingSpec::Type::integer) {
    std::int64_t number = 0;
    item.integer(key, 0, 1'000'000'000, number);
    value->text = std::to_string(number);
  } else if (spec.type == SettingSpec::Type::boolean) {
    bool flag = false;
    item.boolean(key, flag);
    value->text = flag ? "true" : "false";
  } else if (spec.type == SettingSpec::Type::url && !value->text.starts_with("https://") &&
             !value->text.starts_with("http://")) {
    report_.error(value->mark, key + " starts with https:// or http://");
  } else if (spec.type == SettingSpec::Type::choice && !value->text.empty()) {
    const auto choices = choices_of(spec);
    if (std::find(choices.begin(), choices.end(), value->text) == choices.end())
      item.not_one_of(*value, key, choices);
  } else if (spec.type == SettingSpec::Type::file && !value->text.empty()) {
    value->text = absolute(value->text);
    if (!std::ifstream(value->text)) {
      const std::string message = "the file '" + value->text + "' cannot be read";
      lenient_ ? report_.warning(value->mark, message) : report_.error(value->mark, message);
    }
  } else if (spec.type == SettingSpec::Type::program && !value->text.empty()) {
    may_be_run(*value);
  } else if (value->text.empty()) {
    report_.error(value->mark, key + " is empty");
  }
  channel.settings[key] = value->text;
}

// Each by itself, and then whether they fit together.
void Compiler::channel_settings(Reader& item, Channel& channel, const ChannelKind& kind) {
  channel.answers_within = kind.answers_within;
  const std::size_t errors = report_.errors.size();
  for (const auto& spec : kind.settings) channel_setting(item, channel, spec);
  if (!kind.check || report_.errors.size() > errors) return;
  if (const auto fault = kind.check(channel.settings)) {
    auto at = item.word(fault->key);
    if (!at && item.find(std::string(fault->key) + "_file"))
      at = item.word(std::string(fault->key) + "_file");
    report_.error(at ? at->mark : item.mark(), fault->message);
  }
}

void Compiler::channels(Reader& root) {
  for (const auto& node : root.items("channels")) {
    Reader item(node, "a channel", report_);
    Channel channel;
    const auto name = identity(item, "name", "channel");
    const auto kind = item.required("kind");
    const ChannelKind* known = kind ? find_channel_kind(kind->text) : nullptr;
    std::int64_t in_flight = channel.in_flight_max;
    item.integer("in_flight_max", 1, 4,
                 in_flight);  // what the outbound client gives one destination
    channel.in_flight_max = static_cast<std::uint16_t>(in_flight);
    if (kind) channel.kind = kind->text;
    if (known) {
      channel_settings(item, channel, *known);
      item.finish();  // without a kind there is no telling which keys are known
    } else if (kind) {
      std::vector<std::string> kinds;
      for (const auto& k : channel_kinds()) kinds.emplace_back(k.name);
      item.not_one_of(*kind, "kind", kinds);
    }
    if (name && *name == "terminal" && known && channel.kind != "terminal")
      report_.error(item.mark(), "the channel 'terminal' is always of kind terminal");
    if (!name) continue;
    channel.name = *name;
    channel_marks_[*name] = item.mark();
    settings.channels.push_back(std::move(channel));
  }
}

void Compiler::roles(Reader& root) {
  for (const auto& member : root.members("roles")) {
    const auto& known = role_words();
    if (std::find(known.begin(), known.end(), member.key) == known.end())
      report_.error(member.mark,
                    "unknown role '" + member.key + "'" + did_you_mean(member.key, known));
    std::vector<Word> people;
    if (member.value.kind == Node::Kind::scalar) people = {{member.value.text, member.value.mark}};
    for (const auto& item : member.value.items) people.push_back({item.text, item.mark});
    if (member.value.kind == Node::Kind::map)
      report_.error(member.value.mark, "a role is a list of people");
    if (!people.empty()) settings.roles[member.key] = refer_all(Kind::person, people);
  }
}

void Compiler::catch_all(Reader& root) {
  const Node* node = root.find("catch_all");
  if (!node) return;
  Reader item(*node, "catch_all", report_);
  settings.catch_all_people = refer_all(Kind::person, item.words("people"));
  settings.catch_all_channel = refer_text(Kind::channel, item.word("channel"));
  item.finish();
}

}  // namespace tocsin::config
