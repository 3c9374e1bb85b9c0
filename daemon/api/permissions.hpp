#pragma once
// Which role may do what (process.md 11.3), for the permissions that have an endpoint. A role
// outside the table may nothing. What also depends on the incident (own group, owner) is checked
// again by decide(); this is the first gate. Pure.

#include <cstdint>

#include "rules/model/command.hpp"
#include "rules/model/enums.hpp"

namespace tocsin {

TOCSIN_ENUM(Permission, incident_read, incident_note, incident_ack, incident_resolve,
            incident_resolve_force, incident_close, config_reload, loss_confirm, silence_write,
            drill_start, link_rotate, paging_resume, backup_create, incident_link, incident_adjust,
            incident_override_priority, maintenance_create, incident_read_restricted,
            inventory_write, request_handle, report_create, incident_hold, major_propose,
            incident_categorize);

}  // namespace tocsin

namespace tocsin::api {

// Roles whose right reaches only "own" records (requester, service owner) have none to read or act
// on while nobody can be recorded as reporter or service owner, so they stand outside.
bool may(std::uint32_t roles, Permission permission);
inline bool may(const Actor& actor, Permission permission) {
  return may(actor.roles, permission);
}

// Every role of a person; event_source is for machines.
std::uint32_t all_roles();

// "incident.ack", for messages.
std::string_view permission_word(Permission permission);

}  // namespace tocsin::api
