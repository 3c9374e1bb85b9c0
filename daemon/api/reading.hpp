#pragma once
// Reads: a request for a view of a snapshot, rendered on the reading thread. The snapshot is
// durable (the engine holds it back until it is) and at least as new as ?after=SEQ asks.

#include <functional>
#include <memory>

#include "daemon/api/exchange.hpp"
#include "daemon/api/router.hpp"
#include "daemon/api/worker.hpp"
#include "daemon/engine/engine.hpp"

namespace tocsin::api {

using SnapshotPtr = std::shared_ptr<const Snapshot>;
// Called on the reading thread.
using Render = std::function<HttpResponse(const Exchange&, const SnapshotPtr&)>;

class Reading {
 public:
  Reading(Engine& engine, Worker& worker) : engine_(engine), worker_(worker) {}

  void answer(Exchange x, Render render);
  // The same for who answers by themselves, maybe later.
  using Use = std::function<void(const Exchange&, const SnapshotPtr&)>;
  void answer_later(Exchange x, Use use);
  Handler handler(Render render);  // of a route that is a read and nothing else
  // For answers in pieces: makes them where reads are rendered.
  std::function<bool(std::function<void()>)> elsewhere() {
    return [this](std::function<void()> job) { return worker_.post(std::move(job)); };
  }
  Engine& engine() { return engine_; }

 private:
  Engine& engine_;
  Worker& worker_;
};

}  // namespace tocsin::api
