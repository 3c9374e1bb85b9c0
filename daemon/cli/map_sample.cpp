#include "daemon/cli/map_sample.hpp"

#include <chrono>
#include <fstream>
#include <iterator>

#include "connectors/registry.hpp"
#include "daemon/api/json_out.hpp"
#include "daemon/api/rfc3339.hpp"
#include "daemon/cli/exit_codes.hpp"
#include "daemon/cli/output.hpp"
#include "daemon/cli/printable.hpp"
#include "daemon/cli/sample_body.hpp"
#include "rules/classify/assess.hpp"
#include "rules/classify/classify.hpp"
#include "rules/prepare.hpp"

namespace tocsin::cli {
namespace {

Wall now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return Wall{std::chrono::duration_cast<std::chrono::milliseconds>(since).count()};
}

struct Shown {
  const IncomingAlert& incoming;
  Prepared alert;
  Verdict verdict;
  Assessment assessment;
};

Shown shown(const AlertBatch& batch, const IncomingAlert& incoming, const Settings& settings) {
  Prepared alert = prepare(batch, incoming, settings, Fingerprint{}, 0, now());
  Verdict verdict = classify(alert, settings);
  Assessment assessment = assess({alert.ci, verdict.symptom, alert.severity, {}}, settings);
  return {incoming, alert, verdict, std::move(assessment)};
}

std::string time_text(Wall at) {
  return at == Wall{} ? "" : api::rfc3339(at);
}

std::string pairs(const std::vector<Pair>& list) {
  std::string out;
  for (const auto& [name, value] : list)
    out += "    " + printable(name) + ": " + printable(value) + "\n";
  return out;
}

std::string in_words(std::size_t number, const Shown& s) {
  const auto word = [](std::string_view text, const char* none) {
    return text.empty() ? std::string(none) : printable(text);
  };
  std::string out = "alert " + std::to_string(number) + ": " +
                    (s.incoming.resolved ? "resolved, " : "firing, ") +
                    std::string(name(s.incoming.event_class)) + ", severity " +
                    std::string(name(s.alert.severity));
  if (const auto at = time_text(s.incoming.starts_at); !at.empty()) out += ", since " + at;
  if (const auto at = time_text(s.incoming.ends_at); !at.empty()) out += ", ends " + at;
  out += "\n  labels\n" + pairs(s.alert.text.labels());
  if (!s.alert.text.annotations().empty())
    out += "  annotations\n" + pairs(s.alert.text.annotations());
  out += "  would be\n    " + std::string(name(s.assessment.priority)) + ", " +
         printable(s.verdict.category) + " / " + printable(s.verdict.subcategory) + ", CI " +
         word(s.alert.ci, "none") + ", owner " + word(s.verdict.group, "none") + ", by rule " +
         printable(s.verdict.rule) + "\n";
  return out;
}

void write(api::JsonWriter& json, std::string_view key, const std::vector<Pair>& list) {
  json.key(key).open_object();
  for (const auto& [name, value] : list) json.field(name, value);
  json.close_object();
}

void in_json(api::JsonWriter& json, const Shown& s) {
  json.open_object().field("status", s.incoming.resolved ? "resolved" : "firing");
  json.field("class", name(s.incoming.event_class)).field("severity", name(s.alert.severity));
  json.field_if("starts_at", time_text(s.incoming.starts_at));
  json.field_if("ends_at", time_text(s.incoming.ends_at));
  write(json, "labels", s.alert.text.labels());
  write(json, "annotations", s.alert.text.annotations());
  json.field("ci", s.alert.ci).field("priority", name(s.assessment.priority));
  json.field("category", s.verdict.category).field("subcategory", s.verdict.subcategory);
  json.field("symptom", s.verdict.symptom).field("group", s.verdict.group);
  json.field("rule", s.verdict.rule).close_object();
}

void print_json(const Decoded& decoded, const Settings& settings) {
  std::string out;
  api::JsonWriter json(out);
  json.open_object().key("alerts").open_array();
  for (const IncomingAlert& incoming : decoded.batch.alerts)
    in_json(json, shown(decoded.batch, incoming, settings));
  json.close_array().key("rejected").open_array();
  for (const std::string& why : decoded.sentences()) json.value(why);
  json.close_array().close_object();
  print(out + "\n");
}

void print_words(const Decoded& decoded, const Settings& settings) {
  std::size_t number = 0;
  for (const IncomingAlert& incoming : decoded.batch.alerts)
    print(in_words(++number, shown(decoded.batch, incoming, settings)));
  for (const std::string& why : decoded.sentences()) print("rejected: " + printable(why) + "\n");
  if (number == 0 && decoded.batch.rejected.empty()) print("no alerts\n");
}

}  // namespace

int map_sample(const Loaded& loaded, Mapper& mapper, const CheckOptions& options) {
  const Integration* integration = nullptr;
  for (const Integration& one : loaded.body.integrations)
    if (one.name == options.map) integration = &one;
  if (!integration) return complain("there is no integration '" + options.map + "'"), exit_no;
  std::ifstream in(options.sample, std::ios::binary);
  if (!in) return complain("the file '" + options.sample + "' cannot be read"), exit_no;
  std::string body{std::istreambuf_iterator<char>(in), {}};
  const Decoded decoded = read_sample(*integration, mapper, std::move(body), now());
  if (decoded.failure != DecodeFailure::none)
    return complain(options.sample + ": " + printable(decoded.message)), exit_no;
  options.json ? print_json(decoded, *loaded.settings) : print_words(decoded, *loaded.settings);
  return decoded.batch.rejected.empty() ? exit_done : exit_no;
}

}  // namespace tocsin::cli
