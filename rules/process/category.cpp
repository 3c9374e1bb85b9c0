#include "rules/process/category.hpp"

#include <algorithm>

#include "rules/process/format.hpp"

namespace tocsin {
namespace {

constexpr std::size_t reason_bytes_max = 512;

Answer answer(const IncidentRow& row, Answer::Code code, std::string message) {
  Answer a;
  a.code = code, a.incident = row.number, a.revision = row.revision, a.message = std::move(message);
  return a;
}
Answer invalid(const IncidentRow& row, std::string field, std::string why) {
  Answer a = answer(row, Answer::Code::invalid, field + ": " + why);
  a.fields.emplace_back(std::move(field), std::move(why));
  return a;
}

// Of what not everybody may read nobody else learns by asking.
bool may_read(const Deciding& d, const IncidentRow& row, const Actor& by) {
  if (!row.restricted || by.may(Role::incident_manager) || by.may(Role::major_incident_manager))
    return true;
  for (const std::string& id : d.settings.restricted_readers)
    if (const Group* group = d.settings.group(id))
      if (std::find(group->members.begin(), group->members.end(), by.person) !=
          group->members.end())
        return true;
  return false;
}

bool may_categorize(const Actor& by) {
  for (const Role role :
       {Role::service_desk, Role::engineer, Role::group_lead, Role::incident_manager,
        Role::major_incident_manager, Role::problem_manager})
    if (by.may(role)) return true;
  return false;
}

}  // namespace

std::optional<std::pair<std::string_view, std::string_view>> category_in(const Settings& settings,
                                                                         std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return {};
  const auto found = settings.tree.categories.find(text.substr(0, slash));
  if (found == settings.tree.categories.end()) return {};
  const auto& known = found->second;
  const auto subcategory = std::find(known.begin(), known.end(), text.substr(slash + 1));
  if (subcategory == known.end()) return {};
  return {{found->first, *subcategory}};
}

bool begins_review(const Deciding& d, const IncidentRow& row) {
  if (row.drill || row.self) return false;
  need_format(d, format_with_agreements);
  return true;
}

void say_category(const Deciding& d, IncidentNumber n,
                  const std::pair<std::string_view, std::string_view>& category,
                  const std::string& by, const std::string& reason) {
  const bool restricted = d.state.incidents().at(d.state.incident_slot(n)).restricted;
  need_format(d, format_with_agreements);
  d.out.add(IncidentCategorized{n, category.first, category.second, by, reason});
  // BND-12: that not everybody may read it is for good, whoever finds out.
  if (!restricted && d.settings.restricted(category.second))
    d.out.add(IncidentRestricted{n, category.second});
}

Answer categorize(const Deciding& d, const CategorizeIncident& c) {
  const std::uint32_t slot = d.state.incident_slot(c.incident);
  if (slot == no_slot) {
    Answer a;
    a.code = Answer::Code::not_found, a.incident = c.incident;
    a.message = "no open incident " + to_text(c.incident);
    return a;
  }
  const IncidentRow row = d.state.incidents().at(slot);
  if (!may_categorize(c.by) || !may_read(d, row, c.by))
    return answer(row, Answer::Code::forbidden,
                  c.by.person + " may not say what this incident is about");
  if (row.self || row.drill || row.state >= IncidentState::closed)
    return answer(row, Answer::Code::illegal_transition,
                  row.state >= IncidentState::closed
                      ? "what is closed stays as it is"
                      : "what is about Tocsin itself has the category that it has");
  const auto category = category_in(d.settings, c.category);
  if (!category)
    return invalid(row, "category",
                   "is a category and a subcategory of the tree, as storage/filesystem");
  if (c.reason.size() > reason_bytes_max) return invalid(row, "reason", "at most 512 bytes");
  if (row.category_confirmed && category_now(row.words()) == *category)
    return answer(row, Answer::Code::already, "a person has said so already");
  say_category(d, c.incident, *category, c.by.person, c.reason);
  return answer(d.state.incidents().at(d.state.incident_slot(c.incident)), Answer::Code::done, "");
}

}  // namespace tocsin
