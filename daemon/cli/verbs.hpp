#pragma once
// What each verb does, with its arguments already read. Each returns the exit code. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tocsin::cli {

// ---- client verbs ----

struct ClientOptions {
  std::string url;
  bool json = false;
};

struct SendOptions : ClientOptions {
  std::string hook = "cli";
  std::string key, ci, severity, summary, description, runbook, event_class;
  std::vector<std::string> labels, annotations;  // name=value
  bool resolve = false;
};
int send(const SendOptions& options);

struct ListOptions : ClientOptions {
  std::string state, priority, ci, group;
  std::uint32_t limit = 100;
};
int list_incidents(const ListOptions& options);

struct IncidentOptions : ClientOptions {
  std::string number;
  std::string revision;  // empty: whatever it is
  std::string text, code, cause, note;
  std::string parent;
  std::string impact_by, urgency_by, priority, lasts, reason, category;
  std::string until, reference, question;  // of a hold
  std::string action, business_impact;     // of a major incident
  bool force = false;
};
int show_incident(const IncidentOptions& options);
// verb: ack, note, resolve, close, link, adjust, override, categorize, convert, hold, resume, major
int act_on_incident(const std::string& verb, const IncidentOptions& options);

struct ExplainOptions : ClientOptions {
  std::string what;  // an incident, or a file with an event; -: standard input
  std::string from;  // the integration that reads it; empty: our own JSON
  bool syslog = false;
};
int explain(const ExplainOptions& options);

struct SilenceOptions : ClientOptions {
  std::vector<std::string> matchers;
  std::string id, lasts, from, until, comment;
  bool preview = false;  // only say what it would hide
  bool all = false;      // list those that are over, too
  std::vector<std::string> ids;
};
int add_silence(const SilenceOptions& options);
int list_silences(const SilenceOptions& options);
int expire_silences(const SilenceOptions& options);

struct MaintenanceOptions : ClientOptions {
  std::vector<std::string> cis, match;
  bool dependents = false;  // also what hard-depends on the CIs
  std::string owner, reason, change, lasts, from, until;
  bool all = false;  // list those that are over, too
  std::vector<std::string> ids;
};
int add_maintenance(const MaintenanceOptions& options);
int list_maintenance(const MaintenanceOptions& options);
int end_maintenance(const MaintenanceOptions& options);

struct HeartbeatOptions : ClientOptions {
  std::vector<std::string> names;
};
int list_heartbeats(const HeartbeatOptions& options);
int ping_heartbeats(const HeartbeatOptions& options);

struct ReportOptions : ClientOptions {
  std::string text, ci, reporter, via;
  std::string incident;  // they say more about this one
};
// kind: incident, request
int report(const std::string& kind, const ReportOptions& options);

struct RequestOptions : ClientOptions {
  std::string number, note;
  std::string state = "waiting";
  std::uint32_t limit = 100;
};
int list_requests(const RequestOptions& options);
int show_request(const RequestOptions& options);
// verb: take, done, convert
int act_on_request(const std::string& verb, const RequestOptions& options);

struct CiOptions : ClientOptions {
  std::string origin;
  std::uint32_t limit = 100;
  std::string file;  // a table (.csv), or a list as YAML or JSON; -: a list from standard input
  bool dry_run = false;
};
int list_cis(const CiOptions& options);
int import_cis(const CiOptions& options);

struct DrillOptions : ClientOptions {
  std::string target;  // a person or a channel
  std::uint32_t wait_s = 60;
};
// Waits for the outcome; done only when every channel took the page.
int drill(const DrillOptions& options);

int confirm_loss(const ClientOptions& options);
int status(const ClientOptions& options);  // done when it is ready
int resume_paging(const ClientOptions& options);

struct BackupOptions : ClientOptions {
  std::string folder, to;
};
// Waits until it is whole, or there is none.
int create_backup(const BackupOptions& options);

// ---- local verbs ----

int verify_backup(const BackupOptions& options);
int restore_backup(const BackupOptions& options);

struct CheckOptions {
  std::string config;
  bool json = false;
  std::string map, sample;  // an integration, and a file with a body that is sent to it
};
int check(const CheckOptions& options);

struct TestOptions {
  std::string config;
  std::vector<std::string> files;  // scenarios
  bool json = false, verbose = false;
};
int test(const TestOptions& options);

struct TokenOptions {
  std::string name, person;
  std::vector<std::string> roles;
  bool json = false;
};
int new_token(const TokenOptions& options);

struct JournalOptions {
  std::string data;
  std::uint64_t from = 0;
  std::uint64_t limit = 0;  // 0: all
  std::uint64_t at = 0;     // 0: the head
  bool json = false;
};
int verify_journal(const JournalOptions& options);
int dump_journal(const JournalOptions& options);
int digest_journal(const JournalOptions& options);

struct ReplayOptions {
  static constexpr std::uint32_t lines = 20;  // of each list, unless said otherwise
  std::string config, against, data, since = "7d";
  std::optional<std::uint32_t> limit;  // 0: all
  bool json = false, markdown = false;
  bool exit_code = false;  // 1 when something differs
};
// Anything that keeps it from answering is a matter of usage: 1 means that something differs.
int replay(const ReplayOptions& options);

}  // namespace tocsin::cli
