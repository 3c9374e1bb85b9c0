#pragma once
// YAML files -> settings and what the body needs, or everything that is wrong with them.
//
// Pure but for reading the files that are named: the main file, what it includes and the files that
// hold secrets. Secrets of tokens are hashed at once; secrets of channels stand in the settings of
// the channel, because channels sign with them. Called by the thread that starts or reloads.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "rules/model/alert.hpp"
#include "rules/model/settings.hpp"

namespace tocsin {

// A secret that somebody shows to act or read, by its hash.
struct Token {
  std::string name;
  std::string person;       // empty: a program that only reads or sends
  std::uint32_t roles = 0;  // bit per Role
  std::string sha256;       // 64 hex digits
};

// What maps the bodies of an integration. Whether it compiles is not asked here: that takes a
// helper process.
struct Program {
  std::string text;
  std::string file;   // empty: it stands in the configuration itself
  config::Mark mark;  // of the key that gives it
};

// How many alerts an integration may bring; none: 0 a second.
struct Quota {
  std::uint32_t alerts_per_second = 0;
  std::uint32_t burst = 0;  // at once, after a while of less
  bool operator==(const Quota&) const = default;
};

// Who may send, and how it is read.
struct Integration {
  std::string name;
  std::string source;        // a name of source_kinds()
  std::string token_sha256;  // empty: no token is asked for
  Span repeat_interval{};    // how often its sender repeats a firing alert; 0: within minutes
  Program program{};         // of a source that has one
  Quota quota{};
};

// An address at which lines of syslog are heard.
struct SyslogListen {
  std::string protocol;            // udp, tcp, tls
  std::string address;             // host:port, [v6]:port or :port
  std::string framing = "detect";  // of connections; or octet_counting, line_feed
  bool clears = false;    // of udp: its lines may end an alert, as those of connections always may
  std::string time_zone;  // of times that name none; empty: UTC
  std::string cert_file, key_file, client_ca_file;  // of tls: absolute paths
  bool operator==(const SyslogListen&) const = default;
};

// Where a dead-man service hears that all is well, and how often.
struct HeartbeatTarget {
  std::string url;   // a secret; empty: nowhere
  std::string file;  // absolute path of the file that has it; empty: it stands in the configuration
  Span every = seconds(60);
  bool operator==(const HeartbeatTarget&) const = default;
};

// What the body needs beside the rules.
struct Body {
  std::vector<std::string> listen{"127.0.0.1:9966"};  // host:port, [v6]:port or :port
  std::string external_url;                           // without a slash at its end
  std::string web_config;  // absolute path of web_config.hpp's file; empty: plain HTTP for all
  std::int64_t connections_per_address_max = 512;  // of each listener, from one place
  std::vector<SyslogListen> syslog;
  std::string store_path = "/var/lib/tocsin";
  HeartbeatTarget heartbeat;
  bool loopback_may_act = false;          // who comes from this machine needs no token: demos only
  std::vector<Token> tokens;              // sorted by name
  std::vector<Integration> integrations;  // sorted by name
};

// What a rule's author expects of it; `check` runs them.
struct Example {
  std::string rule;
  config::Mark mark;
  std::string line;    // of syslog, for a rule of syslog; it expects labels and `clears`, too
  std::string source;  // the integration that it comes by
  std::map<std::string, std::string> labels, annotations;
  std::map<std::string, std::string>
      expect;  // category, subcategory, symptom, severity, group, priority, rule, class
};

struct Loaded {
  std::shared_ptr<const Settings> settings;  // null when there is an error
  Body body;
  std::vector<Example> examples;
  std::vector<Diagnostic> errors, warnings;  // in the order of a reader
};

Loaded load_file(const std::string& path);
// `name` stands in messages; files named in the text are relative to its folder.
Loaded load_text(const std::string& text, const std::string& name);
// The text that the store kept: the same, but a secret's file that is gone is a warning, because
// this is what the daemon runs on when nothing better is left.
Loaded load_stored(const std::string& text);

// Examples that do not come out as they say.
std::vector<Diagnostic> run_examples(const Loaded& loaded);

}  // namespace tocsin
