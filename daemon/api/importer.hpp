#pragma once
// Puts an inventory that the API was given in the place of the one before it: compiled on the
// thread that reloads, in force and durable before anybody hears that it is, or nothing of it.

#include <functional>
#include <memory>
#include <string>

#include "config/inventory.hpp"
#include "daemon/api/worker.hpp"
#include "daemon/engine/engine.hpp"

namespace tocsin::api {

struct Import {
  std::string body;
  InventoryForm form = InventoryForm::yaml;
  bool dry_run = false;  // only say what would change
  std::string by;
};

struct Imported {
  enum class Outcome : std::uint8_t { in_force, dry_run, wrong, busy } outcome = Outcome::in_force;
  InventoryDiff diff;
  std::vector<Diagnostic> errors;  // of `wrong`, in the order of a reader
  std::string message;             // of `busy`: also when the store takes nothing
  std::uint64_t seq = 0;           // of `in_force`: the frame that it rests on
};

class Importer {
 public:
  // `control`: one after the other with reloads. `changed` is called when another inventory is in
  // force, on any thread. Both and the engine must outlive what is being imported.
  Importer(Engine& engine, Worker& control, std::function<void()> changed)
      : engine_(engine), control_(control), changed_(std::move(changed)) {}

  // `done` is called once, from any thread.
  using Done = std::function<void(Imported)>;
  void take(Import what, Done done);

 private:
  void post(const std::shared_ptr<const Import>& what, const Done& done);
  void compile(const std::shared_ptr<const Import>& what, const Done& done);

  Engine& engine_;
  Worker& control_;
  std::function<void()> changed_;
};

}  // namespace tocsin::api
