#pragma once
// One seed: a company, its senders, channels and people, a machine that fails, and the daemon's
// core in the middle. Time is virtual and true; the daemon sees only its own clocks. First a phase
// in which anything may go wrong, then everything is healed and ten minutes later nothing may be
// owed.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/company.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/oracle.hpp"
#include "tests/simulation/random.hpp"

namespace tocsin::sim {

struct Options {
  bool cut = false;    // a checkpoint after every turn, and a crash between any two of its steps
  bool trace = false;  // print what happens
};

struct Result {
  bool ok = true;
  std::string law, text;   // what was broken
  std::uint64_t hash = 0;  // over all durable frames
  std::uint64_t frames = 0, turns = 0, crashes = 0, checkpoints = 0, pages = 0, incidents = 0;
};

Result run_world(std::uint64_t seed, const Options& options);

// Which faults exist in this world: drawn once, so that rare mixtures come up.
struct Swarm {
  bool crashes, damage, clock_steps, reloads, bad_channels, storms, lossy_senders, late_turns,
      pipelined, slow_checkpoints, small_turns, unknown_appends, ha_pairs, bad_clocks, silences;
};

class World {
 public:
  World(std::uint64_t seed, const Options& options);
  void run();
  Result result;

 private:
  struct Sender {
    std::string alert, ci, severity;
    std::uint8_t source = 0;
    EventClass event_class = EventClass::alert;
    std::int64_t runs_out = 0;  // a forecast of that; 0: none
    bool polite =
        false;  // repeats while firing, as Prometheus does, and its end until it was heard
    bool gives_ends = false;
    bool syslog = false;  // lines that silence clears: nobody ever says that it is over
    Wall starts{}, ends{};
    bool firing = false, heard_end = true, heard_start = true;
    std::int64_t interval = 60'000, skew = 0;
    int resends = 0;
    Fingerprint fingerprint;
  };
  struct Channel {
    enum class Mode { accept, refuse, swallow, hang, busy, slow, silent } mode = Mode::accept;
  };
  using Event = std::function<void()>;

  // ---- the machine ----
  void at(std::int64_t when, Event event);
  void run_until(std::int64_t end);
  Machine machine() const {
    return {now_ - booted_, {now_ + skew_}, "boot-" + std::to_string(boot_)};
  }
  Wall wall() const { return {now_ + skew_}; }
  Instant log_now() const { return node_->now(machine()); }
  void give(Work work);
  void give(Command command, std::function<void(const Answer&, std::uint64_t)> done = {});

  // ---- the life of the process ----
  CrashAt cue(CrashStep step);
  void start();
  void crash(const char* why);
  void turn();
  void check_priorities(PayloadReader& facts);
  void check_turn(const Turn& turn, Instant before, Instant now);
  void complete();
  bool append(const Turn& turn);
  void release();
  void maybe_checkpoint();
  void make_cut();
  void write_cut();
  void checkpoint_is_the_fold(const std::string& expected);
  void damage();
  void plan_restore();
  void restore();
  void forget_closed();
  void resume_paging();
  bool reopens_equal();

  // ---- the people and things around it ----
  void make_senders();
  void outage(std::size_t sender);
  void recover_sender(std::size_t sender);
  void send(std::size_t sender, bool resolved, int copies_left);
  void deliver(std::vector<std::size_t> senders, bool resolved, Wall starts, Wall ends);
  void resend(std::size_t sender, std::uint64_t outage);
  void storm();
  void beat(const std::string& heartbeat);
  void sign_of_life(const std::string& heartbeat);
  void somebody_reports();
  void somebody_handles();
  void somebody_leads();
  void lead(IncidentNumber n);
  void send_out(const SendOrder& order);
  void settle(const SendOrder& order, AttemptOutcome outcome, Span retry_after, std::int64_t delay);
  void operator_reacts(const SendOrder& order);
  void acknowledge(IncidentNumber n, const std::string& person);
  void press(const std::string& token, int replays);
  void operator_resolves(IncidentNumber n, const std::string& person, int tries);
  void faults();
  void prioritize();
  void break_channel(std::size_t which, Channel::Mode mode);
  void reload();
  void silence();
  void expire_some_silence();
  void window();
  void end_some_window();
  std::optional<Fingerprint> some_live(SuppressionKind kind);
  void step_clock();
  void heal();
  void check_drained();
  void note(const std::string& text) const;

  Random random_;
  Random ids_;      // frame ids: they must not change what happens
  Random backups_;  // of its own, so that worlds without a restore stay what they are
  Random beats_;    // likewise
  Random people_;   // likewise, of those who report
  Random leaders_;  // likewise, of those who let things wait and lead major incidents
  Options options_;
  Swarm swarm_{};
  Company company_;
  Variant variant_ = Variant::base;
  std::shared_ptr<const Settings> wanted_;

  std::int64_t now_ = 0, start_ = 0, booted_ = 0, skew_ = 0;
  int boot_ = 1;
  std::uint64_t order_ = 0;
  struct Timed {
    std::int64_t at;
    std::uint64_t order;
    Event event;
    bool operator>(const Timed& o) const { return at != o.at ? at > o.at : order > o.order; }
  };
  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> events_;

  MemoryStore store_, backup_;
  Oracle::Log backup_log_;
  Wall backup_at_{};
  std::unique_ptr<Node> node_;
  std::uint64_t life_ = 0;  // of the process; what an older one left is gone
  std::deque<Work> inbox_;
  std::deque<Turn> in_flight_;
  std::int64_t turn_at_ = 0;
  bool healed_ = false, starting_ = false, expect_loss_ = false;
  std::optional<Cut> cut_;
  std::uint64_t cut_wanted_ = 0;  // whose fold is to be remembered
  std::string cut_fold_;          // the fold at the sequence of the cut
  Instant last_now_{};

  Oracle oracle_;
  std::vector<Sender> senders_;
  Channel channels_[3];
  std::uint64_t outages_ = 0;
  std::uint64_t given_ = 0, heard_ = 0;  // events handed in, and events whose sender was answered
  std::set<std::uint32_t> reacted_;
  std::map<std::string, std::int64_t> silent_until_;  // what beats
};

}  // namespace tocsin::sim
