#pragma once
// Life signs and the pages for browsers: /-/healthy, /-/ready, POST /-/reload, GET /, /incidents/N.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/api/reading.hpp"
#include "daemon/api/sight.hpp"

namespace tocsin::api {

// Reads the configuration anew, whole or not at all. `done` is called once, from any thread, when
// the new one is in force (empty) or with every reason why it is not.
using Reload = std::function<void(std::function<void(std::string errors)> done)>;

class HealthApi {
 public:
  // `troubles`: what does not work and is no reason to be unready, one a line.
  HealthApi(Reading& reading, std::function<std::shared_ptr<const Access>()> access, Reload reload,
            std::function<std::string()> troubles)
      : reading_(reading),
        access_(std::move(access)),
        reload_(std::move(reload)),
        troubles_(std::move(troubles)) {}
  void add_routes(Router& router);

 private:
  HttpResponse ready() const;
  void reload(Exchange x);

  Reading& reading_;
  std::function<std::shared_ptr<const Access>()> access_;
  Reload reload_;
  std::function<std::string()> troubles_;
};

// Open incidents as a plain page, a hundred at a time, from page 0 on: nothing in it acts.
std::string home_page(const Snapshot& snapshot, const Sight& sight, const std::string& instance,
                      Wall now, std::uint64_t page);

}  // namespace tocsin::api
