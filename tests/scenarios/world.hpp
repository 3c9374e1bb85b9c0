#pragma once
// The world of one scenario: a node on a store in memory, channels that behave as they are told,
// and a clock that only commands move. Time is the true elapsed time; the daemon's wall clock is
// beside it.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "tests/scenarios/print.hpp"
#include "tests/scenarios/script.hpp"
#include "tests/simulation/node.hpp"

namespace tocsin::scenario {

class World {
 public:
  World(std::string fixture, const Script& script);
  // Runs one command; the lines that it made. A line that starts with "BROKEN" fails the scenario.
  std::vector<std::string> run(const Line& line);

 private:
  struct Answering {
    std::int64_t at;
    SettleAttempt outcome;
  };
  struct Behaviour {
    std::string how = "accepts";
    Span retry_after{};
  };
  using Words = std::vector<std::string>;

  std::int64_t read_time(const Words& words, std::size_t& used) const;
  sim::Machine machine() const;
  std::shared_ptr<const Settings> compile(const std::string& yaml);

  void start();
  void crash();
  void advance(std::int64_t to);  // what is due before `to` happens
  void turn();
  void say(std::string line) { out_.push_back(std::move(line)); }
  void send(const SendOrder& order);

  void command(const Line& line, const Words& words);
  void alert(const Words& words, bool resolved);
  void syslog(const Words& words);
  void receive(std::shared_ptr<AlertBatch> batch, const std::string& sender);
  void act(const Words& words);
  void forget();
  void silence(const Words& words, const Actor& by);
  void window(const Words& words, const Actor& by);
  void link(const Words& words);
  void show(const Words& words);
  void change_clock(const std::string& how);
  void lose(const std::string& frames);
  void restore();
  void give(Command command);
  void finish(std::size_t before);

  std::string fixture_, config_;
  MemoryStore store_, backup_;
  Wall backup_at_{};
  std::unique_ptr<sim::Node> node_;
  std::shared_ptr<const Settings> settings_;
  std::uint64_t random_ = 1;
  std::int64_t now_ = 0;  // true elapsed time, ms since the epoch
  std::int64_t first_day_ = 0;
  std::int64_t skew_ = 0;  // of the daemon's wall clock
  TimeText time_{0};
  std::deque<Work> inbox_;
  std::vector<Answering> answers_;
  std::map<std::uint64_t, std::string> links_;  // tokens by page, as they were sent
  std::map<std::string, Behaviour> channels_;
  std::vector<std::string> out_;
};

}  // namespace tocsin::scenario
