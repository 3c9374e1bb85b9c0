#pragma once
// Documents through users' jq programs, in helper processes. Two of them, one document each at a
// time; a document that loops or eats memory ends its process and costs its own answer, and the
// next process is up some 30 ms later. Sources take turns, so that one of them cannot take all.
//
// Any thread; answers come on the threads of the mapper.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/program_fault.hpp"

namespace tocsin {

struct MapperOptions {
  std::string program = "/proc/self/exe";  // whose `helper map` is started
  std::size_t documents_max = 64;          // that wait, of all sources together
  std::size_t waiting_bytes_max = 16u << 20;
  int wall_ms = 5'000;  // a backstop: the helper's own limit is CPU time
};

struct MapResult {
  enum class Outcome : std::uint8_t {
    mapped,
    failed,       // the program said no, does not compile, or broke its process
    timeout,      // it ran for too long
    unavailable,  // no helper: nothing is said about the document
  } outcome = Outcome::unavailable;
  std::string text;  // mapped: a JSON array; else why not
};

class Mapper {
 public:
  static constexpr std::size_t document_bytes_max = 1u << 20;
  static constexpr std::size_t program_bytes_max = 64u << 10;

  explicit Mapper(MapperOptions options = {});
  ~Mapper();  // stops

  enum class [[nodiscard]] Offer{taken, full};
  // `done` is called exactly once when it was taken; it must not throw.
  Offer offer(const std::string& source, std::shared_ptr<const std::string> program,
              std::string document, std::function<void(MapResult)> done);

  // What is wrong with a program; `unavailable` says why nobody can tell. Waits for the answer.
  std::vector<ProgramFault> compile(const std::string& program, std::string& unavailable);

  // Starts the helpers now, and not with the first document.
  void warm();
  // Answers what waits with `unavailable`, ends the helpers. Blocks.
  void stop();

  struct Stats {
    std::array<std::atomic<std::uint64_t>, 4> outcomes{};  // by MapResult::Outcome
    std::atomic<std::uint64_t> full{}, restarts{};
  };
  const Stats& stats() const;
  // Why there is no helper; empty when all is well or none was needed yet.
  std::string trouble() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
