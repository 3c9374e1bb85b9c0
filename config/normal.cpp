// Settings -> the one text that means them.
// Why this file is long: it is every section there is, in the order of the text.
#include <algorithm>

#include "config/compiler.hpp"
#include "config/inventory.hpp"
#include "config/recurrence.hpp"
#include "connectors/in/syslog/message.hpp"
#include "rules/model/literals.hpp"

namespace tocsin::config {
namespace {

// A YAML double-quoted scalar; also JSON.
std::string q(std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (unsigned char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += static_cast<char>(c);
    else if (c == '\n')
      out += "\\n";
    else if (c < 0x20 || c == 0x7F)
      ((out += "\\u00") += hex[c >> 4]) += hex[c & 15];
    else
      out += static_cast<char>(c);
  }
  return out + '"';
}

template <class List, class Text>
std::string list_of(const List& list, Text&& text) {
  std::string out = "[";
  for (const auto& item : list) out += (out.size() > 1 ? ", " : "") + text(item);
  return out + "]";
}
std::string q_list(const std::vector<std::string>& list) {
  return list_of(list, [](const std::string& s) { return q(s); });
}
std::string matchers(const std::vector<Matcher>& list) {
  return list_of(list, [](const Matcher& m) { return q(matcher_text(m)); });
}

// The key of a rule that asks this.
std::string_view key_of(const Matcher& m) {
  static constexpr std::string_view keys[] = {"match",       "",       "message", "ci_class",
                                              "environment", "source", "severity"};
  return m.of == Matcher::Of::annotation ? std::string_view(m.label)
                                         : keys[static_cast<std::size_t>(m.of)];
}

// Expressions as they are; of the others the words that they list.
std::string condition(const Matcher& m) {
  const bool expression = m.of == Matcher::Of::message || key_of(m) == "program";
  if (expression || m.op == Matcher::Op::equal) return q(m.value);
  return q_list(literals_of(m.value).texts);
}

// Numbers and truth values stand without quotes, lists in brackets.
std::string setting(const Channel& channel, const std::string& key, const std::string& value) {
  using Type = SettingSpec::Type;
  const ChannelKind* kind = find_channel_kind(channel.kind);
  Type type = Type::text;
  if (kind)
    for (const SettingSpec& spec : kind->settings)
      if (spec.key == key) type = spec.type;
  if (type == Type::integer || type == Type::boolean) return value;
  if (type != Type::words) return q(value);
  std::string out = "[";
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(word_end, at), value.size());
    out += (at > 0 ? ", " : "") + q(value.substr(at, end - at));
    at = end + 1;
  }
  return out + "]";
}

// A flow map, one member after the other; empty values are left out.
class Map {
 public:
  Map& put(std::string_view key, std::string_view raw) {
    out_ += (out_.empty() ? "" : ", ") + std::string(key) + ": " + std::string(raw);
    return *this;
  }
  Map& text(std::string_view key, std::string_view value) {
    return value.empty() ? *this : put(key, q(value));
  }
  Map& list(std::string_view key, const std::vector<std::string>& values) {
    return values.empty() ? *this : put(key, q_list(values));
  }
  Map& span(std::string_view key, Span value) { return put(key, duration_text(value)); }
  bool empty() const { return out_.empty(); }
  std::string done() const { return "{" + out_ + "}"; }

 private:
  std::string out_;
};

class Writer {
 public:
  explicit Writer(const Compiler& c) : s_(c.settings), c_(c) {}

  std::string run() {
    section("instance",
            Map().text("name", s_.instance_name).text("time_zone", s_.time_zone).done());
    body();
    people();
    meaning();
    process();
    return std::move(out_);
  }

 private:
  void section(std::string_view key, std::string_view value) {
    out_ += std::string(key) + ": " + std::string(value) + "\n";
  }
  template <class List, class Text>
  void items(std::string_view key, const List& list, Text&& text) {
    if (list.empty()) return section(key, "[]");
    section(key, "");
    for (const auto& item : list) out_ += "- " + text(item) + "\n";
  }

  void body() {
    const Body& b = c_.body;
    Map http;
    http.list("listen", b.listen)
        .text("external_url", b.external_url)
        .text("web_config", b.web_config)
        .put("loopback_may_act", b.loopback_may_act ? "true" : "false");
    if (b.connections_per_address_max != Body{}.connections_per_address_max)
      http.put("connections_per_address_max", std::to_string(b.connections_per_address_max));
    section("http", http.done());
    if (!b.syslog.empty())
      items("syslog", b.syslog, [](const SyslogListen& l) {
        Map map;
        map.text(l.protocol, l.address).text("framing", l.framing == "detect" ? "" : l.framing);
        if (l.clears) map.put("clears", "true");
        map.text("time_zone", l.time_zone).text("cert_file", l.cert_file);
        return map.text("key_file", l.key_file).text("client_ca_file", l.client_ca_file).done();
      });
    if (!b.heartbeat.url.empty() || !b.heartbeat.file.empty())
      section("heartbeat", (b.heartbeat.file.empty() ? Map().text("url", b.heartbeat.url)
                                                     : Map().text("url_file", b.heartbeat.file))
                               .span("every", b.heartbeat.every)
                               .done());
    Map store;
    store.text("path", b.store_path);
    Map retention;
    if (s_.keep_incidents != Settings{}.keep_incidents)
      retention.span("incidents", s_.keep_incidents);
    if (s_.keep_events != Settings{}.keep_events) retention.span("events", s_.keep_events);
    if (s_.keep_requests != Settings{}.keep_requests) retention.span("requests", s_.keep_requests);
    if (!retention.empty()) store.put("retention", retention.done());
    section("store", store.done());
    items("tokens", b.tokens, [](const Token& t) {
      std::vector<std::string> roles;
      for (std::size_t i = 0; i < EnumTable<Role>::count; ++i)
        if (t.roles >> i & 1u) roles.emplace_back(EnumTable<Role>::names[i]);
      return Map()
          .text("name", t.name)
          .text("person", t.person)
          .list("roles", roles)
          .text("token", "sha256:" + t.sha256)
          .done();
    });
    items("integrations", b.integrations, [](const Integration& i) {
      Map map;
      map.text("name", i.name).text("source", i.source);
      map.text("token", i.token_sha256.empty() ? "" : "sha256:" + i.token_sha256);
      if (i.repeat_interval > Span{}) map.span("repeat_interval", i.repeat_interval);
      if (i.quota != Quota{})
        map.put("quota", Map()
                             .put("alerts_per_second", std::to_string(i.quota.alerts_per_second))
                             .put("burst", std::to_string(i.quota.burst))
                             .done());
      map.text("program_text", i.program.text);
      return map.done();
    });
  }

  void people() {
    items("people", s_.people, [](const Person& p) {
      const std::string reach = Map().list("page", p.page).list("inform", p.inform).done();
      return Map()
          .text("id", p.id)
          .text("email", p.email)
          .text("time_zone", p.time_zone)
          .put("reach", reach)
          .done();
    });
    items("groups", s_.groups, [](const Group& g) {
      return Map()
          .text("id", g.id)
          .list("members", g.members)
          .text("lead", g.lead)
          .text("channel", g.channel)
          .done();
    });
    if (!s_.default_group.empty()) section("default_group", q(s_.default_group));
    items("channels", s_.channels, [](const Channel& c) {
      Map map;
      map.text("name", c.name).text("kind", c.kind);
      map.put("in_flight_max", std::to_string(c.in_flight_max));
      for (const auto& [key, value] : c.settings)
        if (c.settings.count(key + "_file") == 0)  // else the file is named instead
          value.empty() ? map : map.put(key, setting(c, key, value));
      return map.done();
    });
    Map roles;
    for (const auto& [role, who] : s_.roles) roles.list(role, who);
    section("roles", roles.done());
    section("catch_all",
            Map().list("people", s_.catch_all_people).text("channel", s_.catch_all_channel).done());
  }

  static std::string hours(const std::vector<Calendar::Hours>& day) {
    std::vector<std::string> out;
    for (const auto& h : day) {
      char text[32];
      std::snprintf(text, sizeof text, "%02d:%02d-%02d:%02d", h.opens_s / 3600, h.opens_s / 60 % 60,
                    h.closes_s / 3600, h.closes_s / 60 % 60);
      out.emplace_back(text);
    }
    return q_list(out);
  }
  static std::string calendar(
      const std::pair<const std::string, std::shared_ptr<const Calendar>>& c) {
    static constexpr const char* days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    Map week, dates;
    for (int day = 0; day < 7; ++day)
      if (!c.second->week[day].empty()) week.put(days[day], hours(c.second->week[day]));
    for (const auto& [day, opened] : c.second->dates) dates.put(q(date_text(day)), hours(opened));
    Map map;
    map.text("id", c.first).text("time_zone", c.second->zone ? c.second->zone->name : "");
    map.put("week", week.done());
    if (c.second->nominal_day != c.second->longest_day())
      map.span("nominal_day", c.second->nominal_day);
    return map.put("dates", dates.done()).done();
  }

  static std::string group_rule(const GroupRule& r) {
    Map map;
    map.list("labels", r.labels);
    if (!r.match.empty()) map.put("match", matchers(r.match));
    if (r.discovered) map.put("discovered", "true");
    return map.done();
  }

  static std::string window(const MaintenanceWindow& w) {
    const Schedule& s = w.schedule;
    Map map;
    map.text("id", w.id).text("owner", w.owner).text("reason", w.reason).text("change", w.change);
    map.list("cis", w.cis);
    if (w.dependents) map.put("dependents", "true");
    if (!w.match.empty()) map.put("match", matchers(w.match));
    map.text("time_zone", s.zone ? s.zone->name : "UTC").text("start", local_time_text(s.start_s));
    if (s.end_s) map.text("end", local_time_text(*s.end_s));
    if (!s.again) return map.done();
    std::vector<std::string> except;
    for (const std::int32_t day : s.again->except) except.push_back(date_text(day));
    map.text("rrule", recurrence_text(*s.again)).span("duration", s.lasts);
    return map.list("exdate", except).done();
  }

  static std::string heartbeat(const Heartbeat& h) {
    Map map;
    map.text("name", h.name).span("every", h.every).span("grace", h.grace);
    map.put("missed", std::to_string(h.missed));
    if (!h.match.empty()) map.put("match", matchers(h.match));
    map.text("ci", h.ci).text("group", h.group).text("severity", name(h.severity));
    map.text("category", h.category).text("subcategory", h.subcategory).text("symptom", h.symptom);
    return map.text("summary", h.summary).done();
  }

  static std::string rule(const Rule& r) {
    Map set;
    set.text("category", r.category).text("subcategory", r.subcategory).text("symptom", r.symptom);
    set.text("group", r.group);
    if (r.severity) set.text("severity", name(*r.severity));
    if (r.event_class) set.text("class", name(*r.event_class));
    Map map;
    map.text("id", r.id);
    std::vector<Matcher> labels;
    for (const Matcher& m : r.match)
      if (m.of == Matcher::Of::label) labels.push_back(m);
    if (!labels.empty()) map.put("match", matchers(labels));
    for (const Matcher& m : r.match)
      if (m.of != Matcher::Of::label) map.put(key_of(m), condition(m));
    if (r.count) {
      Map count;
      count.put("at_least", std::to_string(r.count->at_least)).span("within", r.count->within);
      map.put("count", count.list("by", r.count->by).done());
    }
    return map.put("set", set.done()).done();
  }

  static std::string syslog_rule(const SyslogRule& r) {
    std::vector<std::string> facilities;
    for (std::uint8_t i = 0; i < 24; ++i)
      if (r.facilities >> i & 1u) facilities.emplace_back(syslog_facility_name(i));
    Map set, map;
    if (r.alert_severity) set.text("severity", name(*r.alert_severity));
    set.text("summary", r.summary).text("runbook_url", r.runbook_url);
    map.text("id", r.id).text("alertname", r.alertname).text("program", r.program);
    map.list("facility", facilities).text("severity", syslog_severity_name(r.severity));
    map.text("match", r.match).text("clear", r.clear).list("notes", r.notes);
    if (r.clear_over_udp) map.put("clear_over_udp", "true");
    map.put("quiet_after", r.quiet_after == Span{} ? "never" : duration_text(r.quiet_after));
    return map.put("set", set.done()).done();
  }

  static std::string defaults(const std::vector<CategoryDefault>& list) {
    Map map;
    for (const auto& d : list)
      map.put(q(d.of), Map()
                           .text("rule", d.rule)
                           .text("category", d.category)
                           .text("subcategory", d.subcategory)
                           .done());
    return map.done();
  }

  std::vector<const Ci*> cis(bool imported) const {
    std::vector<const Ci*> out;
    for (const Ci& ci : s_.cis)
      if (ci.imported == imported) out.push_back(&ci);
    return out;
  }
  static std::string ci(const Ci& c) {
    Map map;
    map.text("id", c.id).text("class", c.ci_class).text("criticality", name(c.criticality));
    map.put("users", std::to_string(c.users)).text("group", c.group).list("aliases", c.aliases);
    map.list("supports", c.supports).list("depends_on", c.depends_on);
    map.list("soft_depends_on", c.soft_depends_on)
        .text("pool", c.pool)
        .text("site", c.site)
        .text("hours", c.hours);
    if (!c.match.empty()) map.put("match", matchers(c.match));
    return map.text("environment", c.environment).done();
  }

  void meaning() {
    Map severities;
    for (const auto& [word, severity] : s_.severity_aliases)
      severities.text(q(word), name(severity));
    section("severities", severities.text("default", name(s_.severity_default)).done());
    Map categories;
    for (const auto& [category, subcategories] : s_.tree.categories)
      categories.list(q(category), subcategories);
    section("categories", categories.done());
    section("category_defaults", Map()
                                     .put("ci_class", defaults(s_.class_defaults))
                                     .put("facility", defaults(s_.facility_defaults))
                                     .done());
    section("ci_labels", q_list(s_.ci_labels));
    items("cis", cis(false), [](const Ci* c) { return ci(*c); });
    if (const auto imported = cis(true); !imported.empty())
      items(imported_cis, imported, [](const Ci* c) { return ci(*c); });
    if (!s_.calendars.empty()) items("calendars", s_.calendars, calendar);
    if (!s_.critical_periods.empty())
      items("critical_periods", s_.critical_periods, [](const CriticalPeriod& p) {
        Map map;
        map.text("id", p.id).text("calendar", p.calendar);
        return map.list("services", p.services).done();
      });
    if (!s_.pools.empty())
      items("pools", s_.pools, [](const Pool& p) {
        return Map()
            .text("id", p.id)
            .list("supports", p.supports)
            .put("min_members", std::to_string(p.min_members))
            .done();
      });
    if (!s_.windows.empty()) items("maintenance", s_.windows, window);
    if (!s_.inhibit.empty())
      items("inhibit", s_.inhibit, [](const InhibitRule& r) {
        Map map;
        map.text("id", r.id).text("owner", r.owner).text("reason", r.reason);
        map.put("source_match", matchers(r.source)).put("target_match", matchers(r.target));
        return map.list("equal", r.equal).done();
      });
    if (!s_.heartbeats.empty()) items("heartbeats", s_.heartbeats, heartbeat);
    if (!s_.phrases.empty())
      items("phrases", s_.phrases, [](const Phrase& p) {
        return Map().text("symptom", p.symptom).list("words", {p.words}).done();
      });
    if (!s_.known_errors.empty())
      items("known_errors", s_.known_errors, [](const KnownError& e) {
        Map map;
        map.text("id", e.id).put("match", matchers(e.match)).text("workaround", e.workaround);
        if (e.automated) map.put("automated", "true");
        return map.done();
      });
    items("rules", c_.own_rules, rule);
    items("default_rules", c_.default_rules, rule);
    items("syslog_rules", c_.own_syslog_rules, syslog_rule);
    items("default_syslog_rules", c_.default_syslog_rules, syslog_rule);
  }

  static std::string target(const Target& t) {
    const auto kind = static_cast<std::size_t>(t.kind);
    static constexpr const char* words[] = {"primary", "secondary", "lead", "everyone",
                                            "channel", "",          "",     "catch_all"};
    return t.name.empty() ? words[kind] : q(t.name);
  }
  static std::string step(const Step& s) {
    Map map;
    map.span("at", s.after);
    for (const bool page : {true, false}) {
      std::vector<Target> some;
      for (const auto& t : s.to)
        if (t.page == page) some.push_back(t);
      if (!some.empty()) map.put(page ? "to" : "inform", list_of(some, target));
    }
    return map.done();
  }
  static std::string policy(const Policy& p) {
    Map map;
    map.put("steps", list_of(p.steps, step));
    if (p.repeat_every.ms > 0)
      map.put("repeat", Map()
                            .put("from", std::to_string(p.repeat_from))
                            .span("every", p.repeat_every)
                            .put("max", std::to_string(p.repeats_max))
                            .done());
    return map.span("exhausted_every", p.exhausted_every).done();
  }

  // In seconds: a day means something else in each calendar.
  std::string agreements() const {
    Map map;
    for (std::size_t i = 0; i < std::size(s_.sla); ++i) {
      const auto text = [](Span span) {
        const std::string rest = span.ms % 1000 ? std::to_string(span.ms % 1000) + "ms" : "";
        return span.ms < 1000 ? rest : std::to_string(span.ms / 1000) + "s" + rest;
      };
      map.put(EnumTable<Priority>::names[i], Map()
                                                 .put("response", text(s_.sla[i].response))
                                                 .put("resolution", text(s_.sla[i].resolution))
                                                 .text("calendar", s_.sla[i].calendar)
                                                 .done());
    }
    return map.done();
  }
  template <Named E>
  static std::string spans(const Span* values) {
    Map map;
    for (std::size_t i = 0; i < EnumTable<E>::count; ++i)
      map.span(EnumTable<E>::names[i], values[i]);
    return map.done();
  }

  void process() {
    std::vector<std::vector<std::uint8_t>> cells;
    for (std::size_t i = 0; i < s_.levels; ++i)
      cells.emplace_back(s_.matrix[i], s_.matrix[i] + s_.levels);
    const std::string rows = list_of(cells, [](const auto& row) {
      return list_of(row, [](std::uint8_t p) { return "P" + std::to_string(p); });
    });
    section("priority", Map()
                            .put("matrix", rows)
                            .put("unknown_ci_impact", std::to_string(s_.unknown_ci_impact))
                            .done());
    out_ += "escalation:\n";
    for (std::size_t i = 0; i < EnumTable<Priority>::count; ++i)
      out_ +=
          "  " + std::string(EnumTable<Priority>::names[i]) + ": " + policy(s_.policies[i]) + "\n";
    section("hold_down", spans<Severity>(s_.hold_down));
    section("verify", spans<Priority>(s_.verify));
    section("sla", agreements());
    section("lifecycle", Map()
                             .span("auto_close_after", s_.auto_close_after)
                             .span("reopen_window", s_.reopen_window)
                             .span("restored_prompt_timeout", s_.restored_prompt_timeout)
                             .span("resolve_timeout", s_.resolve_timeout)
                             .span("stale_grace", s_.stale_grace_min)
                             .done());
    Map correlation;
    correlation.span("same_ci_window", s_.same_ci_window)
        .span("upstream_open_window", s_.upstream_open_window)
        .span("late_root_cause_window", s_.late_root_cause_window);
    if (!s_.group_by.empty()) correlation.put("group_by", list_of(s_.group_by, group_rule));
    section("correlation", correlation.done());
    section("storm", Map()
                         .put("alerts", std::to_string(s_.storm_alerts))
                         .span("within", s_.storm_within)
                         .put("end_below", std::to_string(s_.storm_end_below))
                         .span("end_after", s_.storm_end_after)
                         .span("upstream_wait", s_.storm_upstream_wait)
                         .done());
    section("flapping", Map()
                            .put("transitions", std::to_string(s_.flap_transitions))
                            .span("within", s_.flap_within)
                            .span("quiet", s_.flap_quiet)
                            .span("verify", s_.flap_verify)
                            .done());
    Map dispositions;
    dispositions.span("clock_skew_tolerance", s_.clock_skew_max)
        .span("max_event_age", s_.event_age_max);
    if (s_.forecast_horizon != Settings{}.forecast_horizon)
      dispositions.span("forecast_horizon", s_.forecast_horizon);
    if (s_.restricted_subcategories != Settings{}.restricted_subcategories)
      dispositions.put("restricted_subcategories", q_list(s_.restricted_subcategories));
    dispositions.list("restricted_readers", s_.restricted_readers);
    section("dispositions", dispositions.done());
  }

  const Settings& s_;
  const Compiler& c_;
  std::string out_;
};

}  // namespace

std::string normalised(const Compiler& compiled) {
  return Writer(compiled).run();
}

}  // namespace tocsin::config
