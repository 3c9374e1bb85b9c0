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

# Names of alerts as Prometheus rules, the node and kubernetes mixins and exporters use them. A rule
# of the table with two outcomes is two rules here.
default_rules:
  - id: m100
    match: ['alertname=~"(Postgres|Mysql|MySQL|MariaDB|Oracle|Mssql|Redis|Mongo).*Down"']
    set: {category: database, subcategory: availability, symptom: S01}
  - id: m110
    match: ['alertname=~".*Replication(Lag|Stopped|Broken).*|.*ReplicaLag.*"']
    set: {category: database, subcategory: replication, symptom: S02}
  - id: m115
    match: ['alertname=~".*TooManyConnections.*|.*ConnectionPoolExhausted.*"']
    set: {category: database, subcategory: connections, symptom: S07}
  - id: m120
    match: ['alertname=~".*Deadlock.*|.*SlowQuer.*"']
    set: {category: database, subcategory: performance_locks, symptom: S02}
  - id: m130
    match: ['alertname=~"InstanceDown|(Host|Node|Server)(Is)?Down|NodeUnreachable"']
    set: {category: compute, subcategory: host_down, symptom: S01}
  - id: m140
    match: ['alertname=~".*(HighC(pu|PU)|C(pu|PU)(Usage|Load|High)|LoadHigh|HighLoad).*"']
    set: {category: compute, subcategory: cpu, symptom: S02}
  - id: m150
    match: ['alertname=~".*(OOM|OomKill|OutOfMemory|HighMemory|Memory(Pressure|High|Usage)).*"']
    set: {category: compute, subcategory: memory, symptom: S07}
  - id: m160
    match: ['alertname=~".*(DiskWillFill|FillingUp|[Pp]redict).*"']
    set: {category: storage, subcategory: capacity, symptom: S08}
  - id: m165
    match: ['alertname=~".*(Disk(Full|RunningFull|Space)|Filesystem(Space|AlmostOutOf)).*"']
    set: {category: storage, subcategory: filesystem, symptom: S07}
  - id: m170
    match: ['alertname=~".*(DiskFail|R(aid|AID).*Degraded|SMART|SmartDevice).*"']
    set: {category: storage, subcategory: disk_fault, symptom: S11}
  - id: m180
    match: ['alertname=~".*(ErrorRate|5xx|5XX|ErrorBudgetBurn).*"']
    set: {category: application, subcategory: error_rate, symptom: S03}
  - id: m190
    match: ['alertname=~".*(Latency|ResponseTime|Apdex).*"']
    set: {category: application, subcategory: latency, symptom: S02}
  - id: m200
    match: ['alertname=~".*Queue.*(Backlog|Lag|Full).*"']
    set: {category: application, subcategory: queue_backlog, symptom: S15}
  - id: m210
    match: ['alertname=~".*Job.*(Failed|Missing|NotCompleted).*|.*CronMissed.*"']
    set: {category: application, subcategory: job_batch, symptom: S09}
  - id: m220
    match: ['alertname=~"Kube(rnetes)?Node.*"']
    set: {category: platform, subcategory: kubernetes, symptom: S01}
  - id: m221
    match: ['alertname=~".*CrashLoop.*"']
    set: {category: platform, subcategory: container_restart, symptom: S04}
  - id: m230
    match: ['alertname=~".*(Quota|Throttl).*"']
    set: {category: platform, subcategory: quota_limit, symptom: S07}
  - id: m240
    match: ['alertname=~".*Cert.*Expir.*"']
    set: {category: security, subcategory: certificate, symptom: S14}
  - id: m250
    match: ['alertname=~".*(InterfaceDown|LinkDown).*"']
    set: {category: network, subcategory: interface, symptom: S01}
  - id: m251
    match: ['alertname=~".*(LinkFlap|InterfaceFlap).*"']
    set: {category: network, subcategory: interface, symptom: S04}
  - id: m260
    match: ['alertname=~".*(BGP|Bgp|OSPF|Ospf).*"']
    set: {category: network, subcategory: routing, symptom: S01}
  - id: m270
    match: ['alertname=~".*(DNS|Dns).*"']
    set: {category: network, subcategory: dns, symptom: S01}
  - id: m280
    match: ['alertname=~".*(PacketLoss|Rtt|RTT|RoundTrip).*"']
    set: {category: network, subcategory: latency_loss, symptom: S02}
  - id: m290
    match: ['alertname=~".*Backup.*Fail.*"']
    set: {category: backup, subcategory: backup_failed, symptom: S09}
  - id: m291
    match: ['alertname=~".*Backup.*(Missing|TooOld|Missed|Late).*"']
    set: {category: backup, subcategory: backup_missing, symptom: S09}
  - id: m300
    match: ['alertname=~"(UPS|Ups)[A-Z_ ].*|(UPS|Ups)|.*(OnBattery|PowerSupply).*"']
    set: {category: facilities, subcategory: power, symptom: S11}
  - id: m301
    match: ['alertname=~".*(Temperature|Humidity|Overheat).*"']
    set: {category: facilities, subcategory: cooling, symptom: S11}
  - id: m310
    match: ['alertname=~".*(TargetMissing|TargetDown|NoData|AbsentMetric|DatasourceError).*"']
    set: {category: monitoring, subcategory: no_data, symptom: S12}
  - id: m311
    match: ['alertname=~".*(AgentDown|ExporterDown|HeartbeatLost|Dead[Mm]an).*"']
    set: {category: monitoring, subcategory: agent_down, symptom: S12}
  - id: m320
    match: ['alertname=~".*(StatusPage|SaasOutage|SupplierDown|VendorDown).*"']
    set: {category: third_party, subcategory: saas_outage, symptom: S01}
  - id: m321
    match: ['alertname=~".*CloudProvider.*"']
    set: {category: third_party, subcategory: cloud_provider, symptom: S01}
  # What the built-in rules of syslog find and the names above do not tell.
  - id: m405
    match: ['alertname=~"DiskIoError|SmartPrefailure"']
    set: {category: storage, subcategory: disk_fault, symptom: S11}
  - id: m410
    match: ['alertname=~"FilesystemReadOnly|FilesystemError"']
    set: {category: storage, subcategory: filesystem, symptom: S03}
  - id: m411
    match: ['alertname=~"Multipath.*"']
    set: {category: storage, subcategory: array_san, symptom: S02}
  - id: m420
    match: ['alertname=~".*BruteForce"']
    set: {category: security, subcategory: brute_force, symptom: S10}
  - id: m425
    match: ['alertname=~"Sudo(Failure|NotAllowed)"']
    set: {category: security, subcategory: unauthorized_access, symptom: S10}
  - id: m431
    match: ['alertname="PostgresPanic"']
    set: {category: database, subcategory: availability, symptom: S01}
  - id: m435
    match: ['alertname=~"SystemdUnitFailed|ProcessCrashed"']
    set: {category: compute, subcategory: service_unit, symptom: S01}
  - id: m436
    match: ['alertname=~"KernelHung|KernelPanic"']
    set: {category: compute, subcategory: os_kernel, symptom: S02}
  - id: m450
    match: ['alertname="DhcpNoFreeLeases"']
    set: {category: network, subcategory: dhcp_ipam, symptom: S07}
  - id: m460
    match: ['alertname="TimeUnsynchronised"']
    set: {category: compute, subcategory: time_sync, symptom: S13}
  - id: m470
    match: ['alertname=~"BackendDown|BackendEmpty|VirtualRouterFault"']
    set: {category: network, subcategory: load_balancer, symptom: S03}
  - id: m471
    match: ['alertname="ConntrackTableFull"']
    set: {category: network, subcategory: firewall, symptom: S07}
  - id: m480
    match: ['alertname=~"FanFailed|MachineCheck"']
    set: {category: compute, subcategory: hardware_fault, symptom: S11}

priority:
  matrix:                   # row: impact 1 to 4, column: urgency 1 to 4
    - [P1, P1, P2, P3]
    - [P2, P2, P3, P4]
    - [P2, P3, P4, P5]
    - [P3, P4, P5, P5]
  unknown_ci_impact: 3

hold_down: {critical: 0s, error: 60s, warning: 180s, info: 180s}
verify: {P1: 15m, P2: 15m, P3: 10m, P4: 10m, P5: 10m}
response: {P1: 15m, P2: 30m, P3: 2h, P4: 10h, P5: 20h}
lifecycle:
  {auto_close_after: 120h, reopen_window: 24h, restored_prompt_timeout: 60m, resolve_timeout: 5m}
correlation: {same_ci_window: 15m, upstream_open_window: 30m, late_root_cause_window: 10m}
storm: {alerts: 100, within: 60s, end_below: 10, end_after: 10m, upstream_wait: 60s}
flapping: {transitions: 5, within: 30m, quiet: 30m, verify: 60m}
dispositions: {clock_skew_tolerance: 5m, max_event_age: 24h}

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
