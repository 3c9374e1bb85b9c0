// Why this file is long: one short function per verb, with its arguments, and nothing else.
#include "daemon/cli/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>

#include "daemon/cli/daemon.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/manual.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/reference.hpp"
#include "daemon/cli/verbs.hpp"
#include "daemon/helper/helper.hpp"

namespace tocsin::cli {
namespace {

constexpr const char* default_config = "/etc/tocsin/tocsin.yaml";
constexpr const char* default_data = "/var/lib/tocsin";

std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty()) out.append("    ").append(line);
    out += '\n';
  }
  return out;
}

std::string full_name(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return parent ? full_name(parent) + " " + app->get_name() : app->get_name();
}

std::vector<const CLI::App*> shown_verbs(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

// --help as a manual page.
class ManualPage : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const std::string name = full_name(app);
    const Manual& page = manual(name);
    std::string out = "NAME\n" + indented(name + " - " + std::string(page.one_line)) +
                      "\nSYNOPSIS\n" + indented(page.synopsis);
    if (!page.description.empty()) out += "\nDESCRIPTION\n" + indented(page.description);
    out += commands(app) + options(app);
    if (name == "tocsin serve")
      out += "\nENVIRONMENT\n" + indented(manual_serve_environment);
    else if (app->get_parent() && !local(name))
      out += "\nENVIRONMENT\n" + indented(manual_client_environment);
    out += "\nEXIT STATUS\n" + indented(manual_exit_status);
    if (!page.examples.empty()) out += "\nEXAMPLES\n" + indented(page.examples);
    return out;
  }

 private:
  static bool local(const std::string& name) {
    return name == "tocsin check" || name == "tocsin test" || name == "tocsin replay" ||
           name == "tocsin backup" || name == "tocsin backup verify" ||
           name == "tocsin backup restore" || name.starts_with("tocsin token") ||
           (name.starts_with("tocsin journal") && !name.ends_with("confirm-loss"));
  }
  static std::string commands(const CLI::App* app) {
    const auto subs = shown_verbs(app);
    if (subs.empty()) return "";
    std::string out = "\nVERBS\n";
    for (const CLI::App* sub : subs) {
      std::string left = "    " + sub->get_name();
      left.resize(std::max<std::size_t>(left.size() + 2, 20), ' ');
      out += left + std::string(manual(full_name(sub)).one_line) + "\n";
    }
    return out;
  }
  static std::string options(const CLI::App* app) {
    std::string out = "\nOPTIONS\n";
    for (const CLI::Option* option : app->get_options()) {
      out += "    " +
             (option->get_positional() ? option->get_name(true) : option->get_name(false, true));
      if (!option->get_positional() && option->get_items_expected_max() > 0)
        out += " " + option->get_type_name();
      out += "\n        " + option->get_description();
      if (const std::string value = option->get_default_str(); !value.empty())
        out += " [" + value + "]";
      out += "\n";
    }
    return out;
  }
};

// The verb that was chosen, bound to its options.
using Chosen = std::function<int()>;

void add_client_options(CLI::App* app, ClientOptions& options) {
  app->add_option("--url", options.url, "the daemon, instead of $TOCSIN_URL")->type_name("URL");
  app->add_flag("--json", options.json, "print the daemon's own answer");
}

LogLevel level_of(const std::string& word) {
  if (word == "debug") return LogLevel::debug;
  if (word == "warning") return LogLevel::warning;
  return word == "error" ? LogLevel::error : LogLevel::info;
}

void add_serve(CLI::App& root, ServeOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("serve");
  app->add_option("--config", o.config, "the configuration")
      ->type_name("FILE")
      ->default_str(default_config);
  app->add_option("--data", o.data, "folder of the store, instead of store.path")->type_name("DIR");
  app->add_option("--journal", o.journal, "where the log is kept; memory forgets it at the end")
      ->type_name("KIND")
      ->check(CLI::IsMember({"rocksdb", "memory"}))
      ->default_str("rocksdb");
  static std::string level = "info";
  app->add_option("--log-level", level, "the least that is logged")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->default_str("info");
  app->callback([&o, &chosen] {
    o.log_level = level_of(level);
    chosen = [&o] { return serve(o); };
  });
}

void add_check(CLI::App& root, CheckOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("check");
  app->add_option("--config,config", o.config, "the configuration")
      ->type_name("FILE")
      ->default_str(default_config);
  app->add_flag("--json", o.json, "print the findings as JSON");
  CLI::Option* map = app->add_option("--map", o.map, "show what an integration makes of a sample")
                         ->type_name("NAME");
  CLI::Option* sample =
      app->add_option("--sample", o.sample, "what its sender sends")->type_name("FILE");
  map->needs(sample);
  sample->needs(map);
  app->callback([&o, &chosen] { chosen = [&o] { return check(o); }; });
}

void add_test(CLI::App& root, TestOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("test");
  app->add_option("file", o.files, "files of scenarios")->required()->type_name("FILE");
  app->add_option("--config", o.config, "the configuration")
      ->type_name("FILE")
      ->default_str(default_config);
  app->add_flag("-v,--verbose", o.verbose, "say what happened, too");
  app->add_flag("--json", o.json, "print the findings as JSON");
  app->callback([&o, &chosen] { chosen = [&o] { return test(o); }; });
}

void add_send(CLI::App& root, SendOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("send");
  const auto text = [&](const char* name, std::string& value, const char* what, const char* type) {
    return app->add_option(name, value, what)->type_name(type);
  };
  text("--key", o.key, "what is wrong, in a word that does not change", "KEY");
  text("--ci", o.ci, "what it is wrong with", "CI");
  text("--severity", o.severity, "critical, error, warning, info, or a configured alias", "S");
  text("--summary", o.summary, "one line for people", "TEXT");
  text("--description", o.description, "more for people", "TEXT");
  text("--runbook", o.runbook, "where it says what to do", "URL");
  text("--class", o.event_class, "alert, request, change or heartbeat", "CLASS");
  app->add_option("--label", o.labels, "one more label; part of the identity")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_option("--annotation", o.annotations, "one more annotation")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app->add_flag("--resolve", o.resolve, "it is over");
  text("--hook", o.hook, "the integration; cli is the first generic one", "NAME")
      ->default_str("cli");
  add_client_options(app, o);
  app->callback([&o, &chosen] { chosen = [&o] { return send(o); }; });
}

void add_list(CLI::App* incident, ListOptions& o, Chosen& chosen) {
  CLI::App* app = incident->add_subcommand("list");
  app->add_option("--state", o.state, "states, with commas")->type_name("STATE");
  app->add_option("--priority", o.priority, "P1 to P5")->type_name("P");
  app->add_option("--ci", o.ci, "of this CI only")->type_name("CI");
  app->add_option("--group", o.group, "of this group only")->type_name("GROUP");
  app->add_option("--limit", o.limit, "at most so many")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->default_str("100");
  add_client_options(app, o);
  app->callback([&o, &chosen] { chosen = [&o] { return list_incidents(o); }; });
}

void add_hold(CLI::App* incident, IncidentOptions& o, Chosen& chosen) {
  CLI::App* app = incident->add_subcommand("hold");
  app->add_option("number", o.number, "the incident")->required();
  const auto text = [&](const char* name, std::string& value, const char* what, const char* type) {
    app->add_option(name, value, what)->type_name(type);
  };
  text("--reason", o.reason, "what it waits for, e.g. awaiting_caller", "REASON");
  text("--until", o.until, "a time, or a duration from now, e.g. 2h", "TIME");
  text("--note", o.note, "why it waits", "TEXT");
  text("--ref", o.reference, "the change, the problem or the reference of the vendor", "NUMBER");
  text("--question", o.question, "what the caller is asked", "TEXT");
  add_client_options(app, o);
  app->callback([&o, &chosen] { chosen = [&o] { return act_on_incident("hold", o); }; });
}

void add_major(CLI::App* incident, IncidentOptions& o, Chosen& chosen) {
  CLI::App* major = incident->add_subcommand("major");
  major->require_subcommand(1);
  for (const char* verb : {"propose", "accept", "reject", "demote"}) {
    CLI::App* app = major->add_subcommand(verb);
    const std::string name = verb;
    app->add_option("number", o.number, "the incident")->required();
    app->add_option("--reason", o.reason, "why")->type_name("TEXT");
    if (name == "accept")
      app->add_option("--impact", o.business_impact, "what it does to the business")
          ->type_name("TEXT");
    add_client_options(app, o);
    app->callback([&o, &chosen, name] {
      chosen = [&o, name] {
        o.action = name;
        return act_on_incident("major", o);
      };
    });
  }
}

void add_incident(CLI::App& root, ListOptions& list, IncidentOptions& o, Chosen& chosen) {
  CLI::App* incident = root.add_subcommand("incident");
  incident->require_subcommand(1);
  add_list(incident, list, chosen);
  const auto one = [&](const char* verb) {
    CLI::App* app = incident->add_subcommand(verb);
    app->add_option("number", o.number, "the incident")->required();
    return app;
  };
  CLI::App* show = one("show");
  add_client_options(show, o);
  show->callback([&o, &chosen] { chosen = [&o] { return show_incident(o); }; });
  for (const char* verb : {"ack", "note", "resolve", "close", "link", "adjust", "override",
                           "categorize", "convert", "resume"}) {
    CLI::App* app = one(verb);
    const std::string name = verb;
    if (name == "note") app->add_option("text", o.text, "what to write")->required();
    if (name == "convert") app->add_option("--note", o.note, "why")->type_name("TEXT");
    if (name == "close")
      app->add_option("--reason", o.reason, "of a major incident: why nobody reviews it")
          ->type_name("TEXT");
    if (name == "link")
      app->add_option("parent", o.parent, "the incident that speaks for it, or none")->required();
    if (name == "adjust") {
      app->add_option("--impact", o.impact_by, "-1: a level up, +1: a level down, 0: as calculated")
          ->type_name("LEVEL");
      app->add_option("--urgency", o.urgency_by, "the same")->type_name("LEVEL");
    }
    if (name == "override") {
      app->add_option("priority", o.priority, "P1 to P5, or calculated: yours no more")->required();
      app->add_option("--for", o.lasts, "how long, e.g. 2h; else until somebody ends it")
          ->type_name("DURATION");
    }
    if (name == "adjust" || name == "override")
      app->add_option("--reason", o.reason, "why")->type_name("TEXT")->required();
    if (name == "categorize") {
      app->add_option("category", o.category, "as the tree has it, e.g. storage/filesystem")
          ->required();
      app->add_option("--reason", o.reason, "why")->type_name("TEXT");
    }
    if (name == "resolve") {
      app->add_option("--category", o.category, "what it was, e.g. storage/filesystem")
          ->type_name("CATEGORY");
      app->add_option("--code", o.code, "closure code, e.g. fixed_permanent")->type_name("CODE");
      app->add_option("--cause", o.cause, "cause code, e.g. capacity")->type_name("CODE");
      app->add_option("--note", o.note, "what was done")->type_name("TEXT");
      app->add_flag("--force", o.force, "although an alert still fires");
    }
    app->add_option("--revision", o.revision, "only if it is still at this revision")
        ->type_name("N");
    add_client_options(app, o);
    app->callback(
        [&o, &chosen, name] { chosen = [&o, name] { return act_on_incident(name, o); }; });
  }
  add_hold(incident, o, chosen);
  add_major(incident, o, chosen);
}

void add_explain(CLI::App& root, ExplainOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("explain");
  app->add_option("what", o.what, "an incident, or a file with an event; - reads standard input")
      ->required();
  CLI::Option* from =
      app->add_option("--from", o.from, "the integration that would read it")->type_name("NAME");
  app->add_flag("--syslog", o.syslog, "the file is a line of syslog")->excludes(from);
  add_client_options(app, o);
  app->callback([&o, &chosen] { chosen = [&o] { return explain(o); }; });
}

void add_silence_verbs(CLI::App& root, SilenceOptions& o, Chosen& chosen) {
  CLI::App* silence = root.add_subcommand("silence");
  silence->require_subcommand(1);
  CLI::App* add = silence->add_subcommand("add");
  add->add_option("matchers", o.matchers, "what it fits, e.g. 'ci=db-7'; all of them")->required();
  const auto text = [&](const char* name, std::string& value, const char* what, const char* type) {
    add->add_option(name, value, what)->type_name(type);
  };
  text("--for", o.lasts, "how long, e.g. 90m or 2h", "DURATION");
  text("--until", o.until, "or when it ends, e.g. 2026-03-11T18:00:00Z", "TIME");
  text("--from", o.from, "when it begins, instead of now", "TIME");
  text("--comment", o.comment, "why", "TEXT");
  text("--id", o.id, "change this one instead", "ID");
  add->add_flag("--preview", o.preview, "only say what it would hide now");
  add_client_options(add, o);
  add->callback([&o, &chosen] { chosen = [&o] { return add_silence(o); }; });
  CLI::App* list = silence->add_subcommand("list");
  list->add_flag("--all", o.all, "also those that are over");
  add_client_options(list, o);
  list->callback([&o, &chosen] { chosen = [&o] { return list_silences(o); }; });
  CLI::App* expire = silence->add_subcommand("expire");
  expire->add_option("id", o.ids, "the silences")->required();
  add_client_options(expire, o);
  expire->callback([&o, &chosen] { chosen = [&o] { return expire_silences(o); }; });
}

void add_maintenance_verbs(CLI::App& root, MaintenanceOptions& o, Chosen& chosen) {
  CLI::App* maintenance = root.add_subcommand("maintenance");
  maintenance->require_subcommand(1);
  CLI::App* add = maintenance->add_subcommand("add");
  add->add_option("cis", o.cis, "the CIs that are worked on");
  const auto text = [&](const char* name, std::string& value, const char* what, const char* type) {
    add->add_option(name, value, what)->type_name(type);
  };
  add->add_option("--match", o.match, "matchers that must fit, too, or instead")
      ->type_name("MATCHER");
  add->add_flag("--dependents", o.dependents, "also what hard-depends on the CIs");
  text("--for", o.lasts, "how long, e.g. 90m or 2h", "DURATION");
  text("--until", o.until, "or when it ends, e.g. 2026-03-11T18:00:00Z", "TIME");
  text("--from", o.from, "when it begins, instead of now", "TIME");
  text("--reason", o.reason, "why", "TEXT");
  text("--owner", o.owner, "who answers for it, instead of you", "NAME");
  text("--change", o.change, "number of the approved change", "NUMBER");
  add_client_options(add, o);
  add->callback([&o, &chosen] { chosen = [&o] { return add_maintenance(o); }; });
  CLI::App* list = maintenance->add_subcommand("list");
  list->add_flag("--all", o.all, "also those that are over");
  add_client_options(list, o);
  list->callback([&o, &chosen] { chosen = [&o] { return list_maintenance(o); }; });
  CLI::App* end = maintenance->add_subcommand("end");
  end->add_option("id", o.ids, "the windows")->required();
  add_client_options(end, o);
  end->callback([&o, &chosen] { chosen = [&o] { return end_maintenance(o); }; });
}

void add_heartbeat_verbs(CLI::App& root, HeartbeatOptions& o, Chosen& chosen) {
  CLI::App* heartbeat = root.add_subcommand("heartbeat");
  heartbeat->require_subcommand(1);
  CLI::App* list = heartbeat->add_subcommand("list");
  add_client_options(list, o);
  list->callback([&o, &chosen] { chosen = [&o] { return list_heartbeats(o); }; });
  CLI::App* ping = heartbeat->add_subcommand("ping");
  ping->add_option("name", o.names, "the heartbeats of the configuration")->required();
  add_client_options(ping, o);
  ping->callback([&o, &chosen] { chosen = [&o] { return ping_heartbeats(o); }; });
}

void add_report_verbs(CLI::App& root, ReportOptions& o, Chosen& chosen) {
  CLI::App* report = root.add_subcommand("report");
  report->require_subcommand(1);
  for (const char* kind : {"incident", "request"}) {
    CLI::App* app = report->add_subcommand(kind);
    const std::string name = kind;
    app->add_option("text", o.text, "in your own words")->required();
    app->add_option("--ci", o.ci, "what it is about, if you know")->type_name("CI");
    app->add_option("--reporter", o.reporter, "who says so, instead of you; the service desk may")
        ->type_name("NAME");
    app->add_option("--via", o.via, "how it came")
        ->type_name("WAY")
        ->check(CLI::IsMember({"api", "form", "mail", "phone", "chat"}))
        ->default_str("api");
    if (name == "incident")
      app->add_option("--incident", o.incident, "you reported it, and say more about it")
          ->type_name("NUMBER");
    add_client_options(app, o);
    app->callback(
        [&o, &chosen, name] { chosen = [&o, name] { return tocsin::cli::report(name, o); }; });
  }
}

void add_request_verbs(CLI::App& root, RequestOptions& o, Chosen& chosen) {
  CLI::App* request = root.add_subcommand("request");
  request->require_subcommand(1);
  CLI::App* list = request->add_subcommand("list");
  list->add_option("--state", o.state, "open, handed_over, done, waiting or all, with commas")
      ->type_name("STATE")
      ->default_str("waiting");
  list->add_option("--limit", o.limit, "at most so many")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->default_str("100");
  add_client_options(list, o);
  list->callback([&o, &chosen] { chosen = [&o] { return list_requests(o); }; });
  CLI::App* show = request->add_subcommand("show");
  show->add_option("number", o.number, "the request")->required();
  add_client_options(show, o);
  show->callback([&o, &chosen] { chosen = [&o] { return show_request(o); }; });
  for (const char* verb : {"take", "done", "convert"}) {
    CLI::App* app = request->add_subcommand(verb);
    const std::string name = verb;
    app->add_option("number", o.number, "the request")->required();
    if (name == "done") app->add_option("--note", o.note, "what was done")->type_name("TEXT");
    add_client_options(app, o);
    app->callback([&o, &chosen, name] { chosen = [&o, name] { return act_on_request(name, o); }; });
  }
}

void add_ci_verbs(CLI::App& root, CiOptions& o, Chosen& chosen) {
  CLI::App* ci = root.add_subcommand("ci");
  ci->require_subcommand(1);
  CLI::App* list = ci->add_subcommand("list");
  list->add_option("--origin", o.origin, "listed, configured, imported or discovered")
      ->type_name("ORIGIN");
  list->add_option("--limit", o.limit, "at most so many")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1000))
      ->default_str("100");
  add_client_options(list, o);
  list->callback([&o, &chosen] { chosen = [&o] { return list_cis(o); }; });
  CLI::App* bring = ci->add_subcommand("import");
  bring->add_option("file", o.file, "a table (.csv), or a list as YAML or JSON; -: standard input")
      ->required();
  bring->add_flag("--dry-run", o.dry_run, "only say what would change");
  add_client_options(bring, o);
  bring->callback([&o, &chosen] { chosen = [&o] { return import_cis(o); }; });
}

void add_drill(CLI::App& root, DrillOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("drill");
  app->add_option("target", o.target, "a person or a channel of the configuration")->required();
  app->add_option("--wait", o.wait_s, "give up looking after so many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 3600))
      ->default_str("60");
  add_client_options(app, o);
  app->callback([&o, &chosen] { chosen = [&o] { return drill(o); }; });
}

void add_backup(CLI::App& root, BackupOptions& o, Chosen& chosen) {
  CLI::App* backup = root.add_subcommand("backup");
  backup->require_subcommand(1);
  const auto add = [&](const char* verb, int (*run)(const BackupOptions&)) {
    CLI::App* app = backup->add_subcommand(verb);
    app->add_option("folder", o.folder, "the folder of the backup")->required();
    app->callback([&o, &chosen, run] { chosen = [&o, run] { return run(o); }; });
    return app;
  };
  add_client_options(add("create", create_backup), o);
  add("verify", verify_backup)->add_flag("--json", o.json, "print it as JSON");
  CLI::App* restore = add("restore", restore_backup);
  restore->add_option("--to", o.to, "the store to make; it must not exist")
      ->type_name("DIR")
      ->required();
  restore->add_flag("--json", o.json, "print it as JSON");
}

void add_status(CLI::App& root, ClientOptions& o, Chosen& chosen) {
  const auto add = [&](const char* verb, int (*run)(const ClientOptions&)) {
    CLI::App* app = root.add_subcommand(verb);
    add_client_options(app, o);
    app->callback([&o, &chosen, run] { chosen = [&o, run] { return run(o); }; });
  };
  add("status", status);
  add("resume", resume_paging);
}

void add_token(CLI::App& root, TokenOptions& o, Chosen& chosen) {
  CLI::App* token = root.add_subcommand("token");
  token->require_subcommand(1);
  CLI::App* app = token->add_subcommand("new");
  app->add_option("--person", o.person, "who acts with it")->type_name("PERSON")->required();
  app->add_option("--roles", o.roles, "what it may do, with commas")
      ->type_name("ROLES")
      ->delimiter(',')
      ->required();
  app->add_option("--name", o.name, "its name in the configuration")->type_name("NAME");
  app->add_flag("--json", o.json, "print it as JSON");
  app->callback([&o, &chosen] { chosen = [&o] { return new_token(o); }; });
}

void add_journal(CLI::App& root, JournalOptions& o, ClientOptions& client, Chosen& chosen) {
  CLI::App* journal = root.add_subcommand("journal");
  journal->require_subcommand(1);
  const auto add = [&](const char* verb, int (*run)(const JournalOptions&)) {
    CLI::App* app = journal->add_subcommand(verb);
    app->add_option("--data", o.data, "folder of the store")
        ->type_name("DIR")
        ->default_str(default_data);
    app->add_flag("--json", o.json, "print it as JSON");
    app->callback([&o, &chosen, run] { chosen = [&o, run] { return run(o); }; });
    return app;
  };
  add("verify", verify_journal);
  CLI::App* dump = add("dump", dump_journal);
  dump->add_option("--from", o.from, "the first frame")->type_name("SEQ");
  dump->add_option("--limit", o.limit, "at most so many frames")->type_name("N");
  CLI::App* digest = add("digest", digest_journal);
  digest->add_option("--at", o.at, "the frame; the last one if it is not given")->type_name("SEQ");
  CLI::App* confirm = journal->add_subcommand("confirm-loss");
  add_client_options(confirm, client);
  confirm->callback([&client, &chosen] { chosen = [&client] { return confirm_loss(client); }; });
}

void add_replay(CLI::App& root, ReplayOptions& o, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("replay");
  app->add_option("--config", o.config, "the configuration to try")->type_name("FILE")->required();
  app->add_option("--against", o.against, "compare with this one, not with the one in force")
      ->type_name("FILE");
  app->add_option("--data", o.data, "folder of the store")
      ->type_name("DIR")
      ->default_str(default_data);
  app->add_option("--since", o.since, "how far back")->type_name("DURATION")->default_str("7d");
  app->add_option("--limit", o.limit, "at most so many lines in each list; 0: all")->type_name("N");
  app->add_flag("--json", o.json, "print it as JSON");
  app->add_flag("--markdown", o.markdown, "print tables for a pull request");
  app->add_flag("--exit-code", o.exit_code, "end with 1 when something differs");
  app->callback([&o, &chosen] { chosen = [&o] { return replay(o); }; });
}

// What CLI11 knows of an option: its type reads "KIND:{rocksdb,memory}".
ReferenceOption reference_of(const CLI::Option* option) {
  ReferenceOption out;
  out.positional = option->get_lnames().empty() && option->get_snames().empty();
  if (out.positional) {
    out.names = {option->get_name(true)};
  } else {
    for (const std::string& name : option->get_snames()) out.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) out.names.push_back("--" + name);
    if (option->get_items_expected_max() > 0) out.type = option->get_type_name();
  }
  const auto colon = out.type.find(':');
  if (colon != std::string::npos) {
    const std::string rest = out.type.substr(colon + 1);
    out.type.resize(colon);
    if (rest.starts_with('{') && rest.ends_with('}'))
      out.choices = CLI::detail::split(rest.substr(1, rest.size() - 2), ',');
  }
  out.description = option->get_description();
  out.value = option->get_default_str();
  return out;
}

ReferenceCommand reference_of(const CLI::App* app) {
  ReferenceCommand out{full_name(app), {}, {}};
  for (const CLI::Option* option : app->get_options()) out.options.push_back(reference_of(option));
  for (const CLI::App* verb : shown_verbs(app)) out.verbs.push_back(reference_of(verb));
  return out;
}

// Shown nowhere: the build asks for the manual page and the completions that are installed.
void add_reference(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("reference")->group("");
  static std::string format;
  app->add_option("format", format, "what to print")
      ->check(CLI::IsMember({"man", "bash", "zsh", "fish"}))
      ->required();
  app->callback([&root, &chosen] {
    chosen = [&root] {
      const ReferenceCommand tree = reference_of(&root);
      print(format == "man"    ? reference_man(tree, TOCSIN_VERSION)
            : format == "bash" ? reference_bash(tree)
            : format == "zsh"  ? reference_zsh(tree)
                               : reference_fish(tree));
      return exit_done;
    };
  });
}

// Not for people either: the daemon starts it.
void add_helper(CLI::App& root, Chosen& chosen) {
  CLI::App* app = root.add_subcommand("helper")->group("");
  static std::string role;
  app->add_option("role", role, "what it runs")->required();
  app->callback([&chosen] { chosen = [] { return helper::run(role); }; });
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App root("", "tocsin");
  root.formatter(std::make_shared<ManualPage>());
  root.set_help_flag("-h,--help", "print this page");
  root.set_version_flag("--version", std::string("tocsin ") + TOCSIN_VERSION);
  root.require_subcommand(1);

  ServeOptions serving;
  serving.config = default_config;
  serving.version = TOCSIN_VERSION;
  if (argc > 0) serving.program = argv[0];
  const char* demo = std::getenv("TOCSIN_DEMO");
  serving.demo = demo && std::string_view(demo) == "1";
  CheckOptions checking{default_config, false, {}, {}};
  TestOptions testing{default_config, {}, false, false};
  SendOptions sending;
  ListOptions listing;
  IncidentOptions acting;
  ExplainOptions explaining;
  SilenceOptions silencing;
  MaintenanceOptions maintaining;
  HeartbeatOptions beating;
  ReportOptions reporting;
  RequestOptions requesting;
  CiOptions inventory;
  DrillOptions drilling;
  BackupOptions backup;
  TokenOptions token;
  JournalOptions store;
  store.data = default_data;
  ReplayOptions replaying;
  replaying.data = default_data;
  ClientOptions client;
  Chosen chosen;
  add_serve(root, serving, chosen);
  add_check(root, checking, chosen);
  add_test(root, testing, chosen);
  add_send(root, sending, chosen);
  add_incident(root, listing, acting, chosen);
  add_explain(root, explaining, chosen);
  add_silence_verbs(root, silencing, chosen);
  add_maintenance_verbs(root, maintaining, chosen);
  add_heartbeat_verbs(root, beating, chosen);
  add_report_verbs(root, reporting, chosen);
  add_request_verbs(root, requesting, chosen);
  add_ci_verbs(root, inventory, chosen);
  add_drill(root, drilling, chosen);
  add_status(root, client, chosen);
  add_backup(root, backup, chosen);
  add_token(root, token, chosen);
  add_journal(root, store, client, chosen);
  add_replay(root, replaying, chosen);
  add_reference(root, chosen);
  add_helper(root, chosen);
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return root.exit(done);
  } catch (const CLI::ParseError& e) {
    complain(std::string(e.what()) + "; --help says more");
    return exit_usage;
  }
  return chosen();
}

}  // namespace tocsin::cli
