#include "config/user_tests.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "config/yaml.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

using config::Mark;
using config::Node;
using config::Reader;
using config::Report;
using config::Word;
using Names = std::vector<std::string>;

const Names of_an_alert{"disposition", "incident", "joins",       "rule",    "ci",    "severity",
                        "class",       "category", "subcategory", "symptom", "group", "priority"};
const Names of_an_incident{"number",      "ci",       "priority", "state",   "category",
                           "subcategory", "symptom",  "group",    "owner",   "title",
                           "service",     "severity", "impact",   "urgency", "rule",
                           "alerts",      "firing",   "held",     "reopened"};
const Names of_a_page{"at", "to", "by", "kind", "incident", "priority", "why"};

bool read_text(const std::filesystem::path& path, std::string& out) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) > UserTestLimits::file_bytes || error) return false;
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

// One pass over a file; what is wrong goes to the report, and reading goes on.
class TestReader {
 public:
  TestReader(std::filesystem::path folder, Report& report)
      : folder_(std::move(folder)), report_(report) {}

  void file(const Node& root, std::vector<UserTest>& out) {
    Reader reader(root, "a file of tests", report_);
    for (const Node& node : reader.items("tests")) {
      if (out.size() >= UserTestLimits::tests)
        return report_.error(node.mark, "a file has at most 1000 tests");
      out.push_back(test(node));
    }
    reader.finish();
    if (reader.ok() && out.empty()) report_.error(root.mark, "a file of tests has no tests");
  }

 private:
  UserTest test(const Node& node) {
    Reader reader(node, "a test", report_);
    UserTest out;
    out.mark = node.mark;
    if (const auto name = reader.required("name")) {
      out.name = name->text;
      if (!names_.insert(name->text).second)
        report_.error(name->mark, "there is another test '" + name->text + "'");
    }
    if (const auto start = reader.word("start")) {
      if (const auto at = parse_rfc3339(start->text))
        out.start = *at;
      else
        report_.error(start->mark,
                      "start is a time such as 2026-01-05T09:00:00Z, not '" + start->text + "'");
    }
    std::size_t events = 0;
    for (const Node& item : reader.items("events")) {
      out.events.push_back(event(item));
      events += out.events.back().times;
    }
    for (const Node& item : reader.items("expect")) out.expectations.push_back(expectation(item));
    reader.finish();
    if (events > UserTestLimits::events)
      report_.error(node.mark, "a test has at most 100000 events");
    const bool any = std::any_of(out.events.begin(), out.events.end(),
                                 [](const UserEvent& e) { return e.expect.has_value(); });
    if (reader.ok() && out.expectations.empty() && !any)
      report_.error(node.mark, "a test expects something: it has no expect");
    const auto by_time = [](const auto& a, const auto& b) { return a.at < b.at; };
    std::stable_sort(out.events.begin(), out.events.end(), by_time);
    std::stable_sort(out.expectations.begin(), out.expectations.end(), by_time);
    return out;
  }

  void time(Reader& reader, std::string_view key, Span& out) {
    reader.duration(key, out);
    if (out > UserTestLimits::lasts_at_most)
      report_.error(reader.mark(), std::string(key) + " is at most 400 days");
  }

  // ---- what happens ----

  UserEvent event(const Node& node) {
    using Kind = UserEvent::Kind;
    static const std::vector<std::pair<std::string, Kind>> kinds{
        {"alert", Kind::alert},    {"resolved", Kind::resolved},
        {"body", Kind::body},      {"body_file", Kind::body},
        {"syslog", Kind::syslog},  {"acknowledge", Kind::acknowledge},
        {"note", Kind::note},      {"resolve", Kind::resolve},
        {"close", Kind::close},    {"silence", Kind::silence},
        {"channel", Kind::channel}};
    Reader reader(node, "an event", report_);
    UserEvent out;
    out.mark = node.mark;
    time(reader, "at", out.at);
    std::string found;
    for (const auto& [key, kind] : kinds) {
      if (!node.find(key)) continue;
      if (!found.empty()) {
        report_.error(node.mark, "an event is one thing, not both " + found + " and " + key);
        break;
      }
      found = key, out.kind = kind;
    }
    if (found.empty() && reader.ok()) {
      Names words;
      for (const auto& [key, kind] : kinds) words.push_back(key);
      report_.error(node.mark, "an event has one of " + config::one_of(words));
      return out;
    }
    switch (out.kind) {
      case Kind::alert:
      case Kind::resolved:
        labels(reader, found, out);
        break;
      case Kind::body:
        body(reader, found, out);
        break;
      case Kind::syslog:
        out.text = reader.text("syslog");
        break;
      case Kind::silence:
        out.text = reader.text("silence"), out.by = reader.text("by");
        out.comment = reader.text("comment", "a test");
        reader.duration("for", out.lasts);
        if (out.lasts.ms <= 0) report_.error(node.mark, "a silence has a duration: for");
        break;
      case Kind::channel:
        out.text = reader.text("channel");
        if (const auto outcome = reader.choice<AttemptOutcome>("answers")) out.answers = *outcome;
        break;
      default:
        person(reader, found, out);
        break;
    }
    if (out.kind <= Kind::syslog) heard(reader, out);
    reader.finish();
    return out;
  }

  void labels(Reader& reader, const std::string& key, UserEvent& out) {
    out.labels = pairs(reader, key), out.annotations = pairs(reader, "annotations");
    if (out.labels.empty()) report_.error(out.mark, "an alert has labels");
    if (const auto c = reader.choice<EventClass>("class")) out.event_class = *c;
    for (auto* at : {&out.starts_at, &out.ends_at}) {
      const std::string_view name = at == &out.starts_at ? "starts_at" : "ends_at";
      Span since{};
      time(reader, name, since);
      if (reader.find(name)) *at = since;
    }
  }

  void body(Reader& reader, const std::string& key, UserEvent& out) {
    const auto word = reader.required(key);
    if (!word) return;
    out.text = word->text;
    if (key == "body_file" && !read_text(folder_ / word->text, out.text))
      report_.error(word->mark, "the file '" + word->text + "' cannot be read");
  }

  void heard(Reader& reader, UserEvent& out) {
    out.from = reader.text("from");
    std::int64_t times = 1;
    reader.integer("times", 1, static_cast<std::int64_t>(UserTestLimits::events), times);
    out.times = static_cast<std::uint32_t>(times);
    time(reader, "every", out.every);
    if (const Node* expect = reader.find("expect")) {
      out.expect = expected(*expect, "what is expected of an alert", of_an_alert);
      for (const auto& [name, word] : out.expect->keys)
        if (name == "disposition" && word.text != "held" && !parse<Disposition>(word.text))
          unknown_disposition(word.mark, word.text);
    }
  }

  void person(Reader& reader, const std::string& key, UserEvent& out) {
    out.text = reader.text(key), out.by = reader.text("by");
    if (out.by.empty()) report_.error(out.mark, "somebody does it: it has no by");
    if (key == "note" || key == "resolve") out.note = reader.text("text");
    if (key != "resolve") return;
    out.code = reader.choice<ClosureCode>("code");
    out.cause = reader.choice<CauseCode>("cause");
    reader.boolean("force", out.force);
  }

  std::vector<std::pair<std::string, std::string>> pairs(Reader& reader, std::string_view key) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& member : reader.members(key)) {
      if (member.value.kind != Node::Kind::scalar)
        report_.error(member.value.mark, "'" + member.key + "' is text");
      else if (!member.value.text.empty())
        out.emplace_back(member.key, member.value.text);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  // ---- what is expected ----

  UserExpectation expectation(const Node& node) {
    Reader reader(node, "an expectation", report_);
    UserExpectation out;
    out.mark = node.mark;
    time(reader, "at", out.at);
    out.incidents = list(reader, "incidents", "an incident", of_an_incident);
    out.pages = list(reader, "pages", "a page", of_a_page);
    out.messages = list(reader, "messages", "a message", of_a_page);
    if (const Node* counts = reader.find("dispositions")) {
      Names names = Reader::names_of<Disposition>();
      names.emplace_back("held");
      out.dispositions = expected(*counts, "dispositions", names);
    }
    reader.finish();
    if (reader.ok() && !out.incidents && !out.pages && !out.messages && !out.dispositions)
      report_.error(node.mark, "it expects incidents, pages, messages or dispositions");
    return out;
  }

  std::optional<std::vector<Expected>> list(Reader& reader, std::string_view key,
                                            std::string_view what, const Names& known) {
    if (!reader.find(key)) return {};
    std::vector<Expected> out;
    for (const Node& item : reader.items(key))
      out.push_back(expected(item, std::string(what), known));
    return out;
  }

  Expected expected(const Node& node, const std::string& what, const Names& known) {
    Expected out{node.mark, {}};
    Reader reader(node, what, report_);
    for (const std::string& key : known)
      if (auto word = reader.word(key)) out.keys.emplace_back(key, std::move(*word));
    reader.finish();
    for (const auto& [key, word] : out.keys)
      if (key == "at" && !config::parse_duration(word.text))
        report_.error(word.mark, "at is a duration such as 5m or 1h30m, not '" + word.text + "'");
    return out;
  }

  void unknown_disposition(const Mark& mark, const std::string& text) {
    Names names = Reader::names_of<Disposition>();
    names.emplace_back("held");
    report_.error(mark,
                  "there is no disposition '" + text + "'" + config::did_you_mean(text, names));
  }

  std::filesystem::path folder_;
  Report& report_;
  std::set<std::string> names_;
};

}  // namespace

UserTests read_user_tests(const std::string& text, const std::string& name) {
  UserTests out;
  Report report;
  config::TreeMemory memory;
  const config::Parsed parsed = config::parse_yaml(text, name, report, memory);
  if (!parsed.broken)
    TestReader(std::filesystem::path(name).parent_path(), report).file(parsed.root, out.tests);
  out.errors = std::move(report.errors);
  config::sort_diagnostics(out.errors);
  return out;
}

UserTests load_user_tests(const std::string& path) {
  std::string text;
  if (read_text(path, text)) return read_user_tests(text, path);
  UserTests out;
  out.errors.push_back({path, 0, 0, "the file cannot be read, or is larger than 16 MiB"});
  return out;
}

}  // namespace tocsin
