#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "connectors/text/rfc3339.hpp"
#include "daemon/api/query.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/reply_json.hpp"
#include "daemon/cli/verbs.hpp"

namespace tocsin::cli {
namespace {

constexpr std::size_t columns = 96, topic_columns = 13;

// INC0000012, inc12 or 12; anything else is a file.
bool is_number(const std::string& word) {
  std::string_view rest = word;
  if (rest.size() > 3 && (rest.starts_with("INC") || rest.starts_with("inc")))
    rest.remove_prefix(3);
  return !rest.empty() &&
         std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Words that do not fit stand below each other, `indent` from the left.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    const std::size_t wide = columns_of(word);
    if (column > indent && column + 1 + wide > columns) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += wide;
  }
  return out;
}

std::string padded(std::string text, std::size_t to) {
  text.resize(std::max(to, text.size() + 1), ' ');
  return text;
}

std::string time_of(const JsonView& line) {
  const auto at = parse_rfc3339(line["at"].text());
  return at ? people_text(*at) + "  " : "";
}

std::string spaced(std::string text) {
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

// A topic is written once, however many lines it has.
std::string in_words(const JsonView& explained) {
  std::string out = wrapped(printable(explained["summary"].text()), 0) + "\n\n", before;
  for (const JsonView& line : explained["lines"].items()) {
    const std::string topic = spaced(printable(line["topic"].text()));
    std::string text = time_of(line) + printable(line["text"].text());
    if (const std::string rule = line["rule"].text(); !rule.empty())
      text += "  [" + printable(rule) + "]";
    std::string left = padded(topic == before ? "" : topic, topic_columns);
    out += left + wrapped(text, left.size()) + "\n";
    before = topic;
    for (const JsonView& place : line["places"].items())
      out += std::string(topic_columns, ' ') + "-> " + printable(place["text"].text()) + "\n";
  }
  return out;
}

bool read_input(const std::string& path, std::string& out) {
  if (path == "-") return out.assign(std::istreambuf_iterator<char>(std::cin), {}), true;
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  out.assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

ClientAnswer ask(Client& client, const ExplainOptions& options, const std::string& body) {
  if (body.empty()) return client.get("/v1/explain", {{"incident", options.what}});
  std::string path = "/v1/explain";
  if (options.syslog)
    path += "?syslog=true";
  else if (!options.from.empty())
    path += "?integration=" + api::percent_encode(options.from);
  return client.post(path, body);
}

}  // namespace

int explain(const ExplainOptions& options) {
  std::string body;
  if (!is_number(options.what)) {
    if (!read_input(options.what, body))
      return complain("'" + options.what + "' is no incident, and no file that can be read"),
             exit_usage;
    if (body.empty()) return complain("'" + options.what + "' is empty"), exit_usage;
  }
  Client client(options.url);
  const ClientAnswer answer = ask(client, options, body);
  if (!answer.good()) return failed(client, answer, options.json);
  if (options.json) return print(answer.body + "\n"), exit_done;
  const auto reply = JsonView::parse(answer.body);
  if (!reply) return complain(client.url() + " did not answer in JSON"), exit_unreachable;
  std::string text;
  for (const JsonView& explained : (*reply)["explained"].items())
    text += (text.empty() ? "" : "\n") + in_words(explained);
  const std::vector<JsonView> missing = (*reply)["missing"].items();
  if (!missing.empty()) text += "\n";
  for (const JsonView& what : missing) text += wrapped("note: " + printable(what.text()), 6) + "\n";
  print(text);
  return exit_done;
}

}  // namespace tocsin::cli
