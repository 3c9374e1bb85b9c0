#pragma once
// Everything the HTTP listener serves, put together. Made once by the composition root; handle() is
// called by the I/O threads of the server. The engine must outlive it.

#include <memory>
#include <mutex>
#include <string>

#include "daemon/api/alerts_in.hpp"
#include "daemon/api/am_api.hpp"
#include "daemon/api/explain.hpp"
#include "daemon/api/health.hpp"
#include "daemon/api/importer.hpp"
#include "daemon/api/links.hpp"
#include "daemon/api/metrics.hpp"

namespace tocsin::api {

struct ApiPorts {
  std::string version;
  Wall started{};
  Reload reload;
  std::function<ServerStats()> server;
  const DeliveryStats* delivery = nullptr;
  Importer* importer = nullptr;  // null: nobody may import CIs
  std::function<bool()> reload_ok;
  std::function<Wall()> reloaded_at;
  std::function<WebStats()> web = [] { return WebStats{}; };
  Mapper* mapper = nullptr;  // null: sources of users' own programs are not served
  const Runner* runner = nullptr;
  std::function<SyslogNumbers()> syslog = [] { return SyslogNumbers{}; };
  std::function<std::shared_ptr<const Auditor::Look>()> audit;  // may be empty: nobody looks
  const Heartbeat* heartbeat = nullptr;                         // may be null
};

class Api {
 public:
  Api(Engine& engine, Access access, ApiPorts ports);
  ~Api();

  void handle(HttpRequest request, Reply reply) const;
  const Router& router() const { return router_; }
  // A reload: who may do what, from the next request on.
  void set_access(Access access);
  // The same for what the web configuration asks of everybody.
  void set_web(std::shared_ptr<const WebRules> rules);
  // Every second or so: what nobody asks for has to be told as well.
  void look() { alerts_in_.look(); }
  // Ends the threads that read; reads that still come are answered 503.
  void stop();

 private:
  std::shared_ptr<const Access> access() const;
  void add_metrics(MetricPorts ports);

  mutable std::mutex mutex_;
  std::shared_ptr<const Access> access_;
  Engine& engine_;
  Worker reading_thread_{"tocsin-read", 256};
  // Lists of everything: nobody who answers a page waits behind one.
  Worker listing_thread_{"tocsin-list", 64, Worker::Haste::others_first};
  Reading reading_, listing_;
  Gate gate_;
  Router router_;
  AlertsIn alerts_in_;
  ExplainApi explain_;
  AmApi am_;
  HealthApi health_;
  LinksApi links_{reading_};
};

}  // namespace tocsin::api
