#include "daemon/api/api.hpp"

#include "daemon/api/am_silences.hpp"
#include "daemon/api/drills.hpp"
#include "daemon/api/v1_backups.hpp"
#include "daemon/api/v1_cis.hpp"
#include "daemon/api/v1_heartbeats.hpp"
#include "daemon/api/v1_maintenance.hpp"
#include "daemon/api/v1_read.hpp"
#include "daemon/api/v1_reports.hpp"
#include "daemon/api/v1_requests.hpp"
#include "daemon/api/v1_silences.hpp"
#include "daemon/api/v1_status.hpp"
#include "daemon/api/v1_write.hpp"

namespace tocsin::api {
namespace {

std::string helper_troubles(const Mapper* mapper, const Runner* runner) {
  const std::string maps = mapper ? mapper->trouble() : "", runs = runner ? runner->trouble() : "";
  std::string out;
  if (!maps.empty()) out += "no helper process maps documents: " + maps + "\n";
  if (!runs.empty()) out += "no helper process runs programs: " + runs + "\n";
  return out;
}

}  // namespace

Api::Api(Engine& engine, Access access, ApiPorts ports)
    : access_(std::make_shared<const Access>(std::move(access))),
      engine_(engine),
      reading_(engine, reading_thread_),
      listing_(engine, listing_thread_),
      gate_([this] { return this->access(); }),
      router_([this] { return this->access(); }, gate_),
      alerts_in_(
          engine, [this] { return this->access(); }, ports.mapper),
      explain_(
          engine, [this] { return this->access(); }, ports.mapper),
      am_(listing_, ports.version, ports.started),
      health_(
          reading_, [this] { return this->access(); }, std::move(ports.reload),
          [mapper = ports.mapper, runner = ports.runner] {
            return helper_troubles(mapper, runner);
          }) {
  alerts_in_.add_routes(router_);
  am_.add_routes(router_);
  add_v1_reads(router_, reading_);
  explain_.add_routes(router_);
  add_v1_writes(router_, reading_);
  add_v1_silences(router_, reading_);
  add_v1_maintenance(router_, reading_);
  add_v1_heartbeats(router_, reading_, [this] { return this->access(); });
  add_v1_requests(router_, reading_);
  add_v1_reports(router_, reading_.engine());
  add_v1_cis(router_, reading_, ports.importer);
  add_am_silences(router_, reading_);
  add_drills(router_, reading_);
  add_backups(router_, reading_);
  add_v1_status(router_, reading_, ports.version);
  links_.add_routes(router_);
  health_.add_routes(router_);
  add_metrics({ports.version, ports.delivery, &alerts_in_.stats(), &alerts_in_.quotas(),
               &links_.stats(), std::move(ports.server), std::move(ports.reload_ok),
               std::move(ports.reloaded_at), std::move(ports.web), std::move(ports.audit),
               ports.heartbeat, ports.mapper, ports.runner, std::move(ports.syslog)});
}

Api::~Api() {
  stop();
}

void Api::add_metrics(MetricPorts ports) {
  router_.add(HttpMethod::get, "/metrics", Guard::needs(Permission::incident_read),
              reading_.handler([this, ports = std::move(ports)](const Exchange&,
                                                                const SnapshotPtr& snapshot) {
                HttpResponse r;
                r.body = metrics_text(*snapshot, engine_, ports);
                r.headers.emplace_back("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
                return r;
              }));
}

void Api::handle(HttpRequest request, Reply reply) const {
  router_.handle(std::move(request), std::move(reply));
}

void Api::set_access(Access access) {
  auto next = std::make_shared<const Access>(std::move(access));
  const std::lock_guard lock(mutex_);
  access_ = std::move(next);
}

std::shared_ptr<const Access> Api::access() const {
  const std::lock_guard lock(mutex_);
  return access_;
}

void Api::set_web(std::shared_ptr<const WebRules> rules) {
  gate_.set_rules(std::move(rules));
}

void Api::stop() {
  gate_.stop();
  reading_thread_.stop();
  listing_thread_.stop();
  explain_.stop();
}

}  // namespace tocsin::api
