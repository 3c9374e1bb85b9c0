#pragma once
// The text of a scenario: a title, sections of configuration that replace those of the fixture, and
// commands, each followed by what it made the daemon do (four spaces, written by --rewrite).
//
//   # Why anybody should care.
//   config:
//   | hold_down: {error: 60s}
//   ---
//   at 09:00:02 alert PostgresServerDown ci=db-pay-01 severity=critical
//       09:00:02.000  IncidentOpened ...
//
// README.md beside the scenarios explains the commands.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::scenario {

struct Line {
  std::string text;                 // of the command, as it stands
  std::vector<std::string> words;   // split; quotes group
  std::vector<std::string> block;   // lines that follow with "| "
  std::vector<std::string> output;  // what the file expects
  std::vector<std::string> before;  // comments and empty lines
};

struct Script {
  std::string config;  // sections that replace those of the fixture
  std::vector<std::string> head;
  std::vector<Line> lines;
  std::vector<std::string> tail;
};

Script parse(std::string_view text);
std::string print(const Script& script);

// Top-level sections of `over` replace those of `base`.
std::string overlay(std::string_view base, std::string_view over);

std::vector<std::string> lines_of(std::string_view text);

}  // namespace tocsin::scenario
