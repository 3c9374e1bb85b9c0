#pragma once
// /v1/explain: why an incident is what it is, and what would become of an event that nobody sent.
// Works on copies of the state on a thread of its own, one question at a time; who comes while four
// wait is told to come again. Nothing is written, seen or counted by a question.

#include <functional>
#include <memory>

#include "connectors/registry.hpp"
#include "daemon/api/reading.hpp"
#include "daemon/net/mapper.hpp"

namespace tocsin::api {

class ExplainApi {
 public:
  static constexpr std::size_t waiting_max = 4;
  static constexpr std::size_t body_bytes_max = 64u << 10;

  // `mapper`: for sources of users' own programs; may be null.
  ExplainApi(Engine& engine, std::function<std::shared_ptr<const Access>()> access, Mapper* mapper)
      : engine_(engine), access_(std::move(access)), mapper_(mapper) {}

  void add_routes(Router& router);
  void stop() { thread_.stop(); }

 private:
  void event(Exchange x);
  void line(Exchange x);
  void map(Exchange x, const Hook& hook, const SourceKind& kind);
  void decoded(Exchange x, const std::string& integration, Decoded decoded);

  Engine& engine_;
  std::function<std::shared_ptr<const Access>()> access_;
  Mapper* const mapper_;
  Worker thread_{"tocsin-explain", waiting_max};
  Reading reading_{engine_, thread_};
};

}  // namespace tocsin::api
