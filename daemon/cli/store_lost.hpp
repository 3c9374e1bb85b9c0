#pragma once
// What the process is while it has no store: it answers 503 to everybody, has the administrators
// told (api::LastGasp), and tries to open the store again, ever more seldom. It holds no state and
// decides nothing. Lives on the main thread, which waits for signals in it.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "daemon/api/last_gasp.hpp"
#include "daemon/cli/web.hpp"
#include "daemon/net/server.hpp"

namespace tocsin::cli {

struct StoreLostPorts {
  api::LastGasp* last_gasp = nullptr;
  // Whether the store is there now; else why not.
  std::function<bool(std::string& why)> try_open;
  std::function<void()> reload;  // SIGHUP
};

class StoreLost {
 public:
  enum class [[nodiscard]] End{opened, signalled};
  static constexpr std::chrono::seconds first_pause{5}, longest_pause{300};

  StoreLost(const Body& body, StoreLostPorts ports);
  ~StoreLost();

  // Until the store is open or the process is to end. `pause`: before the first try.
  End wait(std::string why, std::chrono::milliseconds pause);

 private:
  void listen(const Body& body);
  HttpResponse answer(const HttpRequest& request) const;

  const StoreLostPorts ports_;
  Web web_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace tocsin::cli
