#include "daemon/api/permissions.hpp"

#include <array>
#include <initializer_list>

#include "rules/model/planted.hpp"

namespace tocsin::api {
namespace {

constexpr std::uint32_t bits(std::initializer_list<Role> roles) {
  std::uint32_t out = 0;
  for (Role r : roles) out |= 1u << index(r);
  return out;
}

constexpr std::uint32_t allowed(Permission permission) {
  using enum Role;
  switch (permission) {
    case Permission::incident_read:
      return bits({viewer, service_desk, engineer, group_lead, incident_manager,
                   major_incident_manager, comms_lead, problem_manager, service_level_manager,
                   process_owner, auditor, administrator});
    case Permission::incident_note:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager,
                   problem_manager, service_owner});
    case Permission::incident_link:
    case Permission::incident_categorize:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager,
                   problem_manager});
    case Permission::incident_ack:
    case Permission::incident_resolve:
    case Permission::incident_hold:
    case Permission::silence_write:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager});
    case Permission::incident_adjust:
    case Permission::request_handle:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager});
    case Permission::report_create:
      return bits({requester, service_desk, engineer, group_lead, incident_manager,
                   major_incident_manager, problem_manager, service_owner});
    case Permission::major_propose:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager,
                   problem_manager, service_owner});
    case Permission::incident_read_restricted:
      return bits({incident_manager, major_incident_manager, auditor});
    case Permission::incident_override_priority:
      return bits({incident_manager, major_incident_manager});
    case Permission::maintenance_create:
      return bits({service_desk, engineer, group_lead, incident_manager});
    case Permission::incident_resolve_force:
      return bits({group_lead, incident_manager, major_incident_manager});
    case Permission::incident_close:
      return bits({service_desk, incident_manager, major_incident_manager});
    case Permission::drill_start:
      return bits({service_desk, engineer, group_lead, incident_manager, major_incident_manager,
                   administrator});
    case Permission::backup_create:
    case Permission::link_rotate:
    case Permission::config_reload:
    case Permission::inventory_write:
      return bits({administrator});
    case Permission::paging_resume:
    case Permission::loss_confirm:
      return bits({administrator, incident_manager});
    case Permission::count_:
      break;
  }
  return 0;
}

}  // namespace

bool may(std::uint32_t roles, Permission permission) {
  return (roles & allowed(permission)) != 0 || planted("everybody_may");
}

std::uint32_t all_roles() {
  constexpr auto count = static_cast<unsigned>(EnumTable<Role>::count);
  return ((1u << count) - 1) & ~(1u << index(Role::event_source));
}

std::string_view permission_word(Permission permission) {
  static constexpr std::array<std::string_view, EnumTable<Permission>::count> words{
      "incident.read",
      "incident.note",
      "incident.ack",
      "incident.resolve",
      "incident.resolve_force",
      "incident.close",
      "config.reload",
      "loss.confirm",
      "silence.write",
      "drill.start",
      "link.rotate",
      "paging.resume",
      "backup.create",
      "incident.link",
      "incident.adjust_impact_urgency",
      "incident.override_priority",
      "maintenance.create",
      "incident.read_restricted",
      "inventory.write",
      "request.handle",
      "report.create",
      "incident.hold",
      "mi.propose",
      "incident.categorize"};
  return words[index(permission)];
}

}  // namespace tocsin::api
