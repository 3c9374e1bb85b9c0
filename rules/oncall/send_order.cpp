#include <algorithm>

#include "rules/model/link.hpp"
#include "rules/model/planted.hpp"
#include "rules/oncall/outbox.hpp"

namespace tocsin {
namespace {

// "mission critical, 12000 users": of the service that suffers, or else of the CI itself.
std::string impact_words(const Settings& settings, const IncidentWords& w) {
  const Ci* ci = settings.ci(w.service);
  if (!ci) ci = settings.ci(w.ci);
  if (!ci) return {};
  std::string out(name(ci->criticality));
  std::replace(out.begin(), out.end(), '_', ' ');
  if (ci->users > 0) out += ", " + std::to_string(ci->users) + " users";
  return out;
}

// What those who may not read it are not told.
void describe(const Deciding& d, const IncidentRow& row, SendOrder& o) {
  const IncidentWords w = row.words();
  o.title = w.title, o.ci = w.ci, o.service = w.service;
  o.category = std::string(w.category) + "/" + std::string(w.subcategory);
  o.impact = impact_words(d.settings, w);
  o.group = w.group, o.summary = w.summary, o.runbook = w.runbook, o.owner = w.owner;
  o.known_error = w.known_error, o.workaround = w.workaround;
  o.since = row.occurred_at;
  o.alerts_firing = row.alerts_firing, o.alerts_total = row.alerts_total;
  o.drill = row.drill;
  const Globals& g = d.state.globals();
  if (row.response.runs() && row.response.due != never)
    o.response_due = g.wall(row.response.due);
  if (row.resolution.runs() && row.resolution.due != never)
    o.resolution_due = g.wall(row.resolution.due);
}

}  // namespace

SendOrder order_for(const Deciding& d, const PageRow& page, Span given) {
  SendOrder o;
  o.page = page.id, o.attempt = page.attempt, o.epoch = page.epoch, o.key = page.key;
  if (planted("key_per_attempt")) o.key.low += page.attempt;
  o.deadline = d.wall() + given + answer_grace;
  o.kind = page.kind, o.why = page.why, o.incident = page.incident;
  o.cycle = page.cycle, o.step = page.step, o.repeat = page.repeat;
  if (hierarchic(page.step)) o.percent = static_cast<std::uint8_t>(page.step - hierarchic_step);
  o.person = page.person(), o.channel = page.channel();
  if (const Person* person = d.settings.person(o.person)) o.email = person->email;
  if (const Channel* channel = d.settings.channel(o.channel))
    o.channel_kind = channel->kind, o.channel_settings = channel->settings;
  o.zone = d.settings.zone_of(o.person);
  o.priority = page.priority;
  o.now = d.wall();
  o.instance_name = d.settings.instance_name;
  const std::uint32_t slot = d.state.incident_slot(page.incident);
  if (slot == no_slot) return o;
  const IncidentRow row = d.state.incidents().at(slot);
  o.priority = row.priority, o.state = row.state;
  o.restricted = row.restricted, o.major = row.is_major();
  if (row.restricted && !planted("restricted_page_tells"))
    o.title = restricted_title;
  else
    describe(d, row, o);
  if (page.why == WhyPage::caller_reminded && !row.restricted)
    o.summary = row.words().hold_question;
  const std::string& base = d.settings.external_url;
  if (base.empty()) return o;
  // A link acts for a person. Who a bare channel speaks to is not known: they can look.
  const std::string token = o.person.empty() ? "" : link_token(d.state.globals(), link_of(page));
  o.link = base + (token.empty() ? "/incidents/" + to_text(row.number) : "/a/" + token);
  return o;
}

}  // namespace tocsin
