// The policy that is built in: every number here is a default, not a law. It is written as users
// write theirs and read by the same code, before their files.
#include "config/compiler.hpp"

namespace tocsin::config {

const char* const default_policy = R"yaml(
integrations:               # until somebody configures their own
  - {name: alertmanager, source: alertmanager_v2}
  - {name: generic, source: generic}

severities:                 # what senders call things
  {emergency: critical, emerg: critical, fatal: critical, disaster: critical, crit: critical,
   high: error, page: error, major: error, err: error, average: warning, warn: warning,
   minor: warning, moderate: warning, low: info, informational: info, information: info,
   notice: info, debug: info, none: info, ok: info, default: error}

categories:
  network: [connectivity, interface, latency_loss, routing, dns, dhcp_ipam, load_balancer, firewall,
            vpn_remote_access, wireless, wan_provider]
  compute: [host_down, cpu, memory, hardware_fault, os_kernel, service_unit, time_sync,
            virtualization, config_drift]
  storage: [capacity, performance, disk_fault, filesystem, array_san]
  database: [availability, replication, performance_locks, connections, capacity, corruption]
  application: [availability, error_rate, latency, job_batch, queue_backlog, integration_api,
                release_fault, data_quality]
  platform: [kubernetes, container_restart, quota_limit, registry, autoscaling, managed_service]
  identity: [sso_login, directory, mfa, account_lockout, authorization]
  security: [malware, unauthorized_access, brute_force, data_exposure, ddos, vulnerability,
             certificate, policy_violation]
  backup: [backup_failed, backup_missing, restore_failed, dr_replication]
  messaging: [mail_flow, mail_queue, chat_collaboration, telephony]
  end_user: [workstation, printing, software_client, mobile_device]
  facilities: [power, cooling, physical_access, fire_water]
  monitoring: [agent_down, no_data, alert_quality, pipeline]
  third_party: [saas_outage, cloud_provider, payment_provider, supplier_other]
  unknown: [uncategorized]

# What an alert is when no rule says it: by the class of its CI, else by the facility of its line.
category_defaults:
  ci_class:
    network_switch: {rule: m900, category: network, subcategory: connectivity}
    router: {rule: m910, category: network, subcategory: routing}
    firewall: {rule: m920, category: network, subcategory: firewall}
    database: {rule: m930, category: database, subcategory: availability}
    host: {rule: m940, category: compute, subcategory: host_down}
    vm: {rule: m950, category: compute, subcategory: virtualization}
    storage: {rule: m960, category: storage, subcategory: array_san}
    app: {rule: m970, category: application, subcategory: availability}
    k8s_cluster: {rule: m980, category: platform, subcategory: kubernetes}
  facility:
    kern: {rule: m985, category: compute, subcategory: os_kernel}
    mail: {rule: m985, category: messaging, subcategory: mail_flow}
    daemon: {rule: m985, category: compute, subcategory: service_unit}
    auth: {rule: m985, category: identity, subcategory: authorization}
    authpriv: {rule: m985, category: identity, subcategory: authorization}
    cron: {rule: m985, category: application, subcategory: job_batch}
    ntp: {rule: m985, category: compute, subcategory: time_sync}
    audit: {rule: m985, category: security, subcategory: policy_violation}

priority:
  matrix:                   # row: impact 1 to 4, column: urgency 1 to 4
    - [P1, P1, P2, P3]
    - [P2, P2, P3, P4]
    - [P2, P3, P4, P5]
    - [P3, P4, P5, P5]
  unknown_ci_impact: 3

hold_down: {critical: 0s, error: 60s, warning: 180s, info: 180s}
verify: {P1: 15m, P2: 15m, P3: 10m, P4: 10m, P5: 10m}
# All count around the clock, until a calendar is given.
sla:
  P1: {response: 15m, resolution: 4h}
  P2: {response: 30m, resolution: 8h}
  P3: {response: 2h, resolution: 20h}
  P4: {response: 10h, resolution: 50h}
  P5: {response: 20h, resolution: 100h}
lifecycle:
  {auto_close_after: 120h, reopen_window: 24h, restored_prompt_timeout: 60m, resolve_timeout: 5m}
correlation: {same_ci_window: 15m, upstream_open_window: 30m, late_root_cause_window: 10m}
storm: {alerts: 100, within: 60s, end_below: 10, end_after: 10m, upstream_wait: 60s}
flapping: {transitions: 5, within: 30m, quiet: 30m, verify: 60m}
dispositions:
  clock_skew_tolerance: 5m
  max_event_age: 24h
  forecast_horizon: 14d
  restricted_subcategories:
    [malware, unauthorized_access, brute_force, data_exposure, policy_violation]

# Roles that nobody holds are passed over; a step that finds nobody at all goes to the catch-all.
escalation:
  P1:
    steps:
      - {at: 0m, to: [primary], inform: [incident_manager, channel]}
      - {at: 5m, to: [secondary, primary]}
      - {at: 10m, to: [lead, incident_manager]}
      - {at: 15m, to: [everyone, service_delivery_manager]}
      - {at: 30m, to: [head_of_operations]}
    repeat: {from: 1, every: 30m, max: 6}
  P2:
    steps:
      - {at: 0m, to: [primary]}
      - {at: 10m, to: [secondary, primary]}
      - {at: 20m, to: [lead]}
      - {at: 30m, to: [incident_manager]}
    repeat: {from: 1, every: 60m, max: 4}
  P3:
    - {at: 0%, inform: [channel, primary]}
    - {at: 50%, inform: [primary]}
    - {at: 75%, inform: [lead]}
    - {at: 100%, inform: [incident_manager]}
  P4:
    - {at: 0%, inform: [channel]}
    - {at: 100%, inform: [lead]}
  P5:
    - {at: 0%, inform: [channel]}
)yaml";

}  // namespace tocsin::config
