#include "rules/oncall/drill.hpp"

#include <algorithm>

#include "rules/oncall/outbox.hpp"

namespace tocsin {
namespace {

constexpr std::size_t channels_max = 24;  // of one person

bool may_drill(const Actor& by) {
  for (Role r : {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
                 Role::major_incident_manager, Role::administrator})
    if (by.may(r)) return true;
  return false;
}

Answer refusal(Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.message = std::move(message);
  if (code == Answer::Code::invalid) a.fields.emplace_back("target", a.message);
  return a;
}

struct Aim {
  const Person* person = nullptr;
  const Channel* channel = nullptr;
};
Aim aim_of(const Settings& settings, std::string_view target) {
  const auto rest = [&](std::string_view prefix) {
    return target.starts_with(prefix) ? target.substr(prefix.size()) : std::string_view();
  };
  if (const auto id = rest("person:"); !id.empty()) return {settings.person(id), nullptr};
  if (const auto name = rest("channel:"); !name.empty()) return {nullptr, settings.channel(name)};
  return {settings.person(target), settings.channel(target)};
}

std::vector<Recipient> recipients(const Settings& settings, const Aim& aim) {
  if (!aim.person) return {{"", aim.channel->name, PageKind::page}};
  std::vector<std::string> names;
  for (const PageKind kind : {PageKind::page, PageKind::inform})
    for (const std::string& name : channels_for(settings, aim.person->id, kind))
      if (std::find(names.begin(), names.end(), name) == names.end() && names.size() < channels_max)
        names.push_back(name);
  std::vector<Recipient> out;
  for (const std::string& name : names) out.push_back({aim.person->id, name, PageKind::page});
  return out;
}

std::size_t under_way(const State& state) {
  std::size_t n = 0;
  state.incidents().each([&](std::uint32_t, const IncidentRow& r) { n += r.drill; });
  return n;
}

}  // namespace

Answer start_drill(const Deciding& d, const StartDrill& c) {
  if (!may_drill(c.by))
    return refusal(Answer::Code::forbidden, c.by.person + " may not start a drill");
  const Aim aim = aim_of(d.settings, c.target);
  if (!aim.person && !aim.channel)
    return refusal(Answer::Code::invalid,
                   "'" + c.target + "' is neither a person nor a channel of the configuration");
  if (aim.person && aim.channel)
    return refusal(Answer::Code::invalid, "'" + c.target + "' is a person and a channel: write " +
                                              "person:" + c.target + " or channel:" + c.target);
  if (under_way(d.state) >= drills_max)
    return refusal(Answer::Code::shed, std::to_string(drills_max) +
                                           " drills of the last 24 hours are kept, and no more");
  const IncidentNumber n = d.state.globals().next_incident;
  d.out.add(DrillStarted{n, d.wall(), d.now + drill_lifetime, c.by.person, c.target,
                         "DRILL, nothing is broken: a test page, asked for by " + c.by.person});
  std::uint8_t rank = 0;
  for (const Recipient& r : recipients(d.settings, aim))
    request_page(d, n, r, WhyPage::drill, 0, 0, rank++);
  Answer a;
  a.incident = n;
  a.revision = d.state.incidents().at(d.state.incident_slot(n)).revision;
  return a;
}

}  // namespace tocsin
