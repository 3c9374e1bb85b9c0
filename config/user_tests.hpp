#pragma once
// Scenario files of users: what is heard and done at which time, and what they expect to follow.
// `tocsin test` plays them (docs/test-your-rules.md has the format). Reading alone is done here:
// whether what is expected makes sense in a configuration shows when it is played.
//
// Pure but for reading the file that is named and the bodies it names.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/reader.hpp"
#include "rules/model/enums.hpp"
#include "rules/model/time.hpp"

namespace tocsin {

struct UserTestLimits {
  static constexpr std::size_t file_bytes = 16u << 20;
  static constexpr std::size_t tests = 1000;      // of one file
  static constexpr std::size_t events = 100'000;  // of one test, each `times` counted
  static constexpr Span lasts_at_most = hours(24 * 400);
};

// Something to hold against what was found: each key names one of its properties.
struct Expected {
  config::Mark mark;
  std::vector<std::pair<std::string, config::Word>> keys;
};

struct UserEvent {
  enum class Kind : std::uint8_t {
    alert,
    resolved,
    body,  // what a sender posts
    syslog,
    acknowledge,
    note,
    resolve,
    close,
    silence,
    channel,  // answers otherwise from now on
  } kind = Kind::alert;
  config::Mark mark;
  Span at{};
  std::uint32_t times = 1;
  Span every{};
  std::string text;  // body, line, number of the incident, matchers, name of the channel
  std::string from;  // integration; empty: the first one of the configuration
  std::vector<std::pair<std::string, std::string>> labels, annotations;
  std::optional<Span> starts_at, ends_at;  // since the start of the test
  EventClass event_class = EventClass::alert;
  std::string by, note, comment;
  std::optional<ClosureCode> code;
  std::optional<CauseCode> cause;
  bool force = false;
  Span lasts{};  // of a silence
  AttemptOutcome answers = AttemptOutcome::accepted;
  std::optional<Expected> expect;  // of each alert in it
};

// What is to be true at a time, when all that is due then has happened.
struct UserExpectation {
  config::Mark mark;
  Span at{};
  std::optional<std::vector<Expected>> incidents;  // all that are not closed
  std::optional<std::vector<Expected>> pages;      // who was woken since the expectation before
  std::optional<std::vector<Expected>> messages;   // the same, and what woke nobody
  std::optional<Expected> dispositions;            // counts since the start
};

struct UserTest {
  std::string name;
  config::Mark mark;
  Wall start{1'767'603'600'000};              // Monday, 2026-01-05T09:00:00Z
  std::vector<UserEvent> events;              // by time
  std::vector<UserExpectation> expectations;  // by time
};

struct UserTests {
  std::vector<UserTest> tests;
  std::vector<Diagnostic> errors;
};
UserTests load_user_tests(const std::string& path);
// Bodies named in the text are relative to the folder of `name`.
UserTests read_user_tests(const std::string& text, const std::string& name);

}  // namespace tocsin
