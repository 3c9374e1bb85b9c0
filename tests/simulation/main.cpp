// simulate [--first S] [--seeds N] [--cut] [--hash] [--jobs J] [--trace SEED] [--plant NAME]
// [--prove N]
//
//   --cut     a checkpoint after every turn, a crash between any two of its steps, every state
//   compared
//   --hash    prints one hash over all frames of all seeds: the same for every compiler
//   --trace   prints everything that happens in one seed
//   --plant   with a bug planted (only in the build for that)
//   --prove   every bug that can be planted, or the one that is, each for at most N seeds; exit 1
//   when one is not found
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "rules/model/planted.hpp"
#include "tests/simulation/world.hpp"

namespace {

using namespace tocsin::sim;

struct Job {
  std::uint64_t first = 1, seeds = 1000;
  Options options;
  std::size_t threads = 1;
};

struct Sum {
  std::uint64_t hash = 0, failed = 0, frames = 0, turns = 0, crashes = 0, checkpoints = 0,
                pages = 0, incidents = 0;
};

void print(std::uint64_t seed, const Result& r) {
  std::printf("seed %llu breaks law %s: %s\n", static_cast<unsigned long long>(seed), r.law.c_str(),
              r.text.c_str());
}

Sum run(const Job& job) {
  std::vector<Result> results(job.seeds);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < job.threads; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < results.size(); i += job.threads)
        results[i] = run_world(job.first + i, job.options);
    });
  for (auto& thread : threads) thread.join();
  Sum sum;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& r = results[i];
    if (!r.ok && ++sum.failed <= 20) print(job.first + i, r);
    sum.hash = (sum.hash ^ r.hash) * 0x9E3779B97F4A7C15u + 1;
    sum.frames += r.frames, sum.turns += r.turns, sum.crashes += r.crashes;
    sum.checkpoints += r.checkpoints, sum.pages += r.pages, sum.incidents += r.incidents;
  }
  return sum;
}

#ifdef TOCSIN_PLANTS
constexpr const char* plants[] = {"reply_before_commit",
                                  "repeat_before_durable",
                                  "send_before_commit",
                                  "ack_leaves_page_open",
                                  "no_settle_of_older_epoch",
                                  "key_per_attempt",
                                  "key_without_cycle",
                                  "lost_deadline",
                                  "back_off_in_memory",
                                  "fold_reads_settings",
                                  "clock_back_an_hour",
                                  "clock_to_2036",
                                  "restart_inside_ends_at",
                                  "policy_shortened",
                                  "empty_roster",
                                  "timer_overtakes_answer",
                                  "resolve_overtakes_fire",
                                  "row_from_live_state",
                                  "install_before_durable",
                                  "one_dirty_row_forgotten",
                                  "trim_one_too_far",
                                  "deleted_row_kept",
                                  "sequence_reused_after_loss",
                                  "silenced_page_goes_on",
                                  "silence_expired_and_forgotten",
                                  "window_removed_and_forgotten",
                                  "inhibition_ended_and_forgotten",
                                  "pause_ignored",
                                  "young_incident_forgotten",
                                  "restricted_page_tells",
                                  "clock_counts_the_pause",
                                  "breach_forgotten",
                                  "reported_ends_by_itself",
                                  "request_numbered_twice",
                                  "report_joins_restricted",
                                  "hold_before_answer",
                                  "candidate_forgotten",
                                  "hold_swallows_a_child",
                                  "decided_in_the_pause",
                                  "accepted_and_untold",
                                  "major_ends_by_itself"};

int prove(std::uint64_t seeds) {
  const std::string_view only = tocsin::planted_bug;
  int missed = 0, tried = 0;
  for (const char* plant : plants) {
    if (!only.empty() && only != plant) continue;
    ++tried;
    tocsin::planted_bug = plant;
    std::uint64_t seed = 1;
    Result r;
    for (; seed <= seeds && (r = run_world(seed, {})).ok; ++seed) {
    }
    std::printf("%-26s ", plant);
    if (r.ok)
      std::printf("NOT FOUND in %llu seeds\n", static_cast<unsigned long long>(seeds)), ++missed;
    else
      print(seed, r);
    std::fflush(stdout);
  }
  std::printf("%d bugs planted, %d not found\n", tried, missed);
  return missed || !tried ? 1 : 0;
}
#endif

}  // namespace

int main(int argc, char** argv) {
  // A world is built and torn down a hundred times a second: its memory need not go back each time.
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 64 << 20);
  Job job;
  bool hash = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--first")
      job.first = number();
    else if (word == "--seeds")
      job.seeds = number();
    else if (word == "--jobs")
      job.threads = number();
    else if (word == "--cut")
      job.options.cut = true;
    else if (word == "--hash")
      hash = true;
    else if (word == "--trace")
      job.first = number(), job.seeds = 1, job.options.trace = true;
#ifdef TOCSIN_PLANTS
    else if (word == "--plant" && i + 1 < argc)
      tocsin::planted_bug = argv[++i];
    else if (word == "--prove")
      return prove(number());
#endif
    else
      return std::printf("unknown: %s\n", word.c_str()), 2;
  }
  const Sum sum = run(job);
  std::printf(
      "%llu seeds, %llu broken: %llu frames, %llu turns, %llu crashes, %llu checkpoints, "
      "%llu pages, %llu incidents\n",
      static_cast<unsigned long long>(job.seeds), static_cast<unsigned long long>(sum.failed),
      static_cast<unsigned long long>(sum.frames), static_cast<unsigned long long>(sum.turns),
      static_cast<unsigned long long>(sum.crashes),
      static_cast<unsigned long long>(sum.checkpoints), static_cast<unsigned long long>(sum.pages),
      static_cast<unsigned long long>(sum.incidents));
  if (hash) std::printf("hash %016llx\n", static_cast<unsigned long long>(sum.hash));
  return sum.failed ? 1 : 0;
}
