#pragma once
// One pass over the sections of a configuration into settings. Internal to config/.
//
// The built-in policy goes through the same pass first and the users' files after it, section by
// section, so a user's value simply comes later. References between sections are noted while
// reading and looked up at the end, when all names are known.

#include <absl/container/flat_hash_map.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/reader.hpp"
#include "connectors/registry.hpp"

namespace tocsin::config {

// Words of a step that are no person: places in the owner group, and roles.
const std::vector<std::string>& step_positions();
const std::vector<std::string>& role_words();

class Compiler {
 public:
  // `folder`: where relative paths start. `lenient`: a secret's file may be gone.
  Compiler(std::string folder, bool lenient, Report& report)
      : folder_(std::move(folder)), lenient_(lenient), report_(report) {
    settings.catch_all_channel.clear();  // finish() knows whether there is something better
  }

  void read(const Node& built_in, const Node& users);
  // Looks up references, fills in what nobody said, and proves that a P1 reaches somebody.
  void finish();

  Settings settings;
  std::vector<Rule> own_rules, default_rules;  // settings.rules is one after the other
  std::vector<SyslogRule> own_syslog_rules, default_syslog_rules;  // likewise
  Body body;
  std::vector<Example> examples;

 private:
  // ---- read_body.cpp
  void http(Reader& root);
  void listen_address(const Word& word);
  void external_url(const Word& word);
  void web_config(const Word& path);
  void heartbeat(Reader& root);
  void tokens(Reader& root);
  void integrations(Reader& root);
  void repeat_interval(Reader& item, Integration& integration);
  void quota(Reader& item, Integration& integration);
  void program(Reader& item, Integration& integration);
  void read_program(const Word& path, Program& program);
  std::string token_hash(Reader& item, bool required);
  bool read_secret(const Word& path, std::string& out);
  std::string absolute(const std::string& path) const;

  // ---- read_listeners.cpp
  void syslog_listeners(Reader& root);
  std::optional<SyslogListen> syslog_listener(Reader& item);
  void syslog_keys(Reader& item, SyslogListen& out);

  // ---- read_people.cpp
  void people(Reader& root);
  void groups(Reader& root);
  void channels(Reader& root);
  void channel_setting(Reader& item, Channel& channel, const SettingSpec& spec);
  void channel_words(Reader& item, Channel& channel, const SettingSpec& spec);
  void may_be_run(const Word& command);
  void channel_settings(Reader& item, Channel& channel, const ChannelKind& kind);
  void roles(Reader& root);
  void catch_all(Reader& root);

  // ---- zones.cpp
  std::string time_zone(Reader& item);

  // ---- read_calendars.cpp
  void calendars(Reader& root);
  void critical_periods(Reader& root);
  std::vector<Calendar::Hours> hours(const std::vector<Word>& words);

  // ---- read_maintenance.cpp
  void maintenance(Reader& root);
  void schedule(Reader& item, MaintenanceWindow& window);
  bool open_once(Reader& item, Schedule& schedule, bool lasts_given);
  bool open_again(Reader& item, const Node& rule, Schedule& schedule);
  std::optional<std::int64_t> local_time(Reader& item, std::string_view key);
  void compile_windows();
  void inhibit(Reader& root);
  void compile_inhibition();

  // ---- read_group_by.cpp
  void group_by(Reader& correlation);
  void group_rule(Reader& item);

  // ---- read_heartbeats.cpp
  void heartbeats(Reader& root);
  void heartbeat_times(Reader& item, Heartbeat& heartbeat);
  void heartbeat_alert(Reader& item, Heartbeat& heartbeat);
  void compile_heartbeats();
  // ---- read_known_errors.cpp
  void known_errors(Reader& root);
  void compile_known_errors();
  void restricted(Reader& section);

  // ---- read_phrases.cpp
  void phrases(Reader& root);

  // ---- read_rules.cpp
  void severities(Reader& root);
  void categories(Reader& root);
  void cis(Reader& root);
  void ci_list(Reader& root, bool imported);
  void pools(Reader& root);
  void rules(Reader& root, std::string_view key, std::vector<Rule>& out);
  void category_of(Reader& item, std::string& category, std::string& subcategory);
  void symptom_of(Reader& item, std::string& symptom);
  void rule_set(Reader& item, Rule& rule);
  void rule_examples(Reader& item, const Rule& rule);
  std::vector<Matcher> matchers(Reader& item, std::string_view key);

  // ---- read_conditions.cpp
  void conditions(Reader& item, Rule& rule);
  void one_of_words(Reader& item, std::string_view key, Matcher::Of of, Rule& rule,
                    const std::vector<Word>& words);
  void expression(Reader& item, std::string_view key, Matcher::Of of, Rule& rule);
  void count_window(Reader& item, Rule& rule);
  void category_defaults(Reader& root);

  // ---- unreachable.cpp
  void unreachable_rules();
  void crowded_rules();

  // ---- read_syslog.cpp
  void syslog_rules(Reader& root, std::string_view key, std::vector<SyslogRule>& out);
  SyslogRule syslog_rule(Reader& item);
  void syslog_conditions(Reader& item, SyslogRule& rule);
  void syslog_examples(Reader& item, const SyslogRule& rule);
  void compile_syslog_rules();

  // ---- read_process.cpp
  void priority(Reader& root);
  void matrix(const Node& matrix);
  void escalation(Reader& root);
  void policy(const Node& node, Priority priority);
  void steps(const Slice<Node>& items, Priority priority, Policy& policy);
  void targets(const std::vector<Word>& words, bool page, Step& step);
  void times(Reader& root);

  // ---- read_agreements.cpp
  void agreements(Reader& root);
  void compile_agreements();
  std::optional<Span> agreed_span(const Word& word, const std::string& calendar);
  Span response_of_before(const Word& word);
  std::string unreachable(Span target, const std::string& calendar) const;
  std::string agreed_calendar(Priority priority);

  // ---- finish.cpp
  void references();
  void order_rules();
  void sources_of_rules();
  void fill_in_people();
  void index_cis();
  void index_pools();
  void connect_cis();
  std::string default_channel(const Person* person) const;
  bool by_mail(const std::string& channel) const;
  bool reaches_somebody(const Group& group) const;
  void somebody_hears_a_p1();
  bool stays_here(const Channel& channel) const;
  void everybody_has_an_address();
  void warn_of_open_doors();
  void somebody_leads();

  // target: of a step, a person whose place a role or a position of the group could have taken.
  enum class Kind { person, group, channel, ci, pool, calendar, target };
  struct Reference {
    Kind kind;
    Word word;
    bool imported;  // by a CI that was imported
  };
  void refer(Kind kind, const Word& word) { references_.push_back({kind, word, importing_}); }
  std::string refer_text(Kind kind, const std::optional<Word>& word);
  std::vector<std::string> refer_all(Kind kind, const std::vector<Word>& words);
  // The id of an item of a list, unique within `kind`.
  std::optional<std::string> identity(Reader& item, std::string_view key, const std::string& kind);

  std::string folder_;
  bool lenient_;
  Report& report_;
  bool has_users_ = false;         // nobody comes in without a password or a token
  bool defaults_ = false;          // the built-in policy is being read
  bool importing_ = false;         // CIs that were imported are
  std::size_t program_bytes_ = 0;  // of all of them
  std::vector<Reference> references_;
  std::vector<Word> named_sources_;  // by rules
  std::map<std::string, absl::flat_hash_map<std::string, Mark>> identities_;
  std::map<std::string, Mark> rule_marks_;
  std::map<std::string, std::map<std::string, Mark, std::less<>>> syslog_marks_;  // by id and key
  absl::flat_hash_map<std::string, Mark> ci_marks_;
  std::map<std::string, Mark> person_marks_, channel_marks_, pool_marks_, window_marks_,
      inhibit_marks_, heartbeat_marks_, known_error_marks_;
  Mark top_, p1_;
  // As it is written: what it means is known when all calendars are.
  struct Agreed {
    std::optional<Word> response, resolution, calendar;
    bool as_before = false;  // the response is of the section response
  };
  Agreed agreed_[5];
};

const std::vector<std::string>& syslog_facilities();

// "127.0.0.1:9966", "[::1]:9966" or ":9966".
bool is_listen_address(std::string_view text);

// The one spelling of a configuration: comments, order of keys, spaces and includes leave no trace
// in it, and it reads back to equal settings without the built-in policy.
std::string normalised(const Compiler& compiled);

extern const char* const default_policy;      // YAML, the policy that is built in
extern const char* const default_rules_text;  // YAML, its section default_rules
extern const char* const default_syslog;      // YAML, its section default_syslog_rules

}  // namespace tocsin::config
