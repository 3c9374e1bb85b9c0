#include "connectors/out/text/page_json.hpp"

#include <boost/json.hpp>

#include "connectors/out/text/page_text.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

namespace json = boost::json;

json::value time_or_null(Wall at) {
  return at == Wall{} ? json::value(nullptr) : json::value(rfc3339_text(at));
}

json::string word(std::string_view text) {
  return json::string(text.data(), text.size());
}

}  // namespace

std::string page_json(const SendOrder& o) {
  json::object out;
  out["key"] = hex(o.key);
  out["kind"] = word(name(o.kind));
  out["why"] = word(name(o.why));
  out["page"] = o.page.value;
  out["attempt"] = o.attempt;
  out["epoch"] = o.epoch.value;
  out["incident"] = number_of(o);
  out["cycle"] = o.cycle;
  out["step"] = hierarchic(o.step) ? 0 : o.step;
  out["repeat"] = o.repeat;
  out["person"] = o.person;
  out["email"] = o.email;
  out["channel"] = o.channel;
  out["priority"] = word(name(o.priority));
  out["state"] = word(state_word(o.state));
  out["title"] = o.title;
  out["ci"] = o.ci;
  out["service"] = o.service;
  out["category"] = o.category;
  out["impact"] = o.impact;
  out["group"] = o.group;
  out["summary"] = o.summary;
  out["runbook"] = o.runbook;
  out["known_error"] = o.known_error;
  out["workaround"] = o.workaround;
  out["restricted"] = o.restricted;
  out["owner"] = o.owner;
  out["since"] = time_or_null(o.since);
  out["now"] = time_or_null(o.now);
  out["response_due"] = time_or_null(o.response_due);
  out["resolution_due"] = time_or_null(o.resolution_due);
  out["percent"] = o.percent;
  out["alerts_firing"] = o.alerts_firing;
  out["alerts_total"] = o.alerts_total;
  out["link"] = o.link;
  out["drill"] = o.drill;
  out["instance_name"] = o.instance_name;
  out["text"] = page_text(o);
  return json::serialize(out);
}

}  // namespace tocsin
