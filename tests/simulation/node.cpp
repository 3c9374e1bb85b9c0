#include "tests/simulation/node.hpp"

#include <algorithm>
#include <cstdlib>

#include "daemon/engine/restore.hpp"
#include "rules/invariants.hpp"

namespace tocsin::sim {
namespace {

constexpr std::int64_t clock_step_ms = 2000;

}  // namespace

Node::Node(MemoryStore& store, std::function<CrashAt(CrashStep)> cue,
           std::function<std::uint64_t()> random)
    : memory(store), journal(memory, std::move(cue)), random_(std::move(random)) {}

std::optional<std::string> Node::open(const Machine& machine, const Compile& compile,
                                      std::shared_ptr<const Settings> wanted) {
  found = recover(journal, state, checkpointer);
  if (!found.ok) return found.message;
  marker = found.opened.marker;
  durable = found.next_seq - 1;
  const Globals& g = state.globals();
  auto stored = g.config_hash.empty() ? nullptr : compile(state.config_text());
  const auto first = stored ? stored : wanted;
  if (!first) return "there is no usable configuration";
  if (const auto broken = broken_law(state, *first)) return "after recovery: " + *broken;

  // The same three cases as the daemon's clock has.
  base_boot_ms_ = machine.boot_ms;
  if (g.seq == 0) {
    base_at_ = {machine.wall.ms};
  } else if (machine.boot == g.boot && machine.boot_ms >= g.boot_ms) {
    base_at_ = later(g.at, g.boot_at + Span{machine.boot_ms - g.boot_ms});
  } else {
    const std::int64_t away = machine.wall.ms - g.wall(g.at).ms;
    base_at_ = g.at + Span{std::clamp<std::int64_t>(away, 0, hours(24).ms)};
  }
  sequencer = std::make_unique<Sequencer>(state, first, found.next_seq, random_);
  return {};
}

Append Node::restore(const PauseForRestore& pause) {
  const RestoreFrame frame = restore_frame(state, pause);
  return memory.append(frame.seq, frame.epoch, random_(), frame.payload);
}

std::deque<Work> Node::first_works(const Machine& machine,
                                   const std::shared_ptr<const Settings>& wanted) const {
  std::deque<Work> works;
  const Instant at = now(machine);
  const auto add = [&](Command c) { works.push_back({at, std::move(c), {}, 0}); };
  TakeEpoch epoch;
  epoch.epoch = Epoch(std::max(state.globals().epoch.value, found.opened.head_epoch) + 1);
  epoch.version = "test", epoch.boot = machine.boot, epoch.boot_ms = machine.boot_ms;
  epoch.secret.high = random_();
  epoch.secret.low = random_();
  // No draw of its own: what happens in a world does not depend on the key of its links.
  epoch.link_key = {epoch.secret.high, 1, epoch.secret.low, 2};
  add(epoch);
  if (found.opened.trouble == OpenTrouble::loss)
    add(DeclareLoss{found.opened.lost_from, found.opened.lost_to, found.opened.detail});
  if (state.globals().seq > 0)
    if (const auto step = clock_step(machine)) add(*step);
  if (wanted) add(ApplyConfig{wanted, "start"});
  return works;
}

Instant Node::now(const Machine& machine) const {
  return base_at_ + Span{std::max<std::int64_t>(0, machine.boot_ms - base_boot_ms_)};
}

std::optional<StepClock> Node::clock_step(const Machine& machine) const {
  const std::int64_t by = machine.wall.ms - state.globals().wall(now(machine)).ms;
  if (std::abs(by) < clock_step_ms) return {};
  return StepClock{by, "the wall clock was set"};
}

Append Node::append(const Turn& turn) {
  const Append outcome = journal.append(turn.seq, turn.epoch, turn.uid, turn.payload);
  if (outcome == Append::ok) durable = turn.seq;
  return outcome;
}

bool Node::checkpoint() {
  Cut cut = checkpointer.cut(state, sequencer->head(), sequencer->snapshot_now());
  Marker written;
  const Install outcome = checkpointer.write(journal, cut, marker, written);
  if (outcome == Install::installed) {
    marker = written;
    state.installed(cut.snapshot->archive.end);
    return true;
  }
  state.give_back(std::move(cut.dirty));
  return false;
}

}  // namespace tocsin::sim
