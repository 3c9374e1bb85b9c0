#pragma once
// One jq program, compiled, and what it makes of a document. One thread. Never called by the
// daemon's own process.
//
// A program gets its document as `.` and nothing else: no further input, no environment (there is
// none), and files are beyond reach because no descriptor is left (shut_in.hpp).

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/program_fault.hpp"

namespace tocsin::helper {

struct MapLimits {
  std::size_t outputs_max = 1'000;
  std::size_t output_bytes_max = 1u << 20;
};

class JqProgram {
 public:
  // Null: `faults` has at least one.
  static std::unique_ptr<JqProgram> compile(const std::string& text,
                                            std::vector<ProgramFault>& faults);
  ~JqProgram();
  JqProgram(const JqProgram&) = delete;
  JqProgram& operator=(const JqProgram&) = delete;

  struct Output {
    bool ok = false;
    std::string text;  // a JSON array of what the program put out; or why there is none
  };
  // An output that is an array counts as its items.
  Output run(std::string_view document, const MapLimits& limits);

 private:
  struct State;
  explicit JqProgram(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// jq reckons in doubles: a whole number that one cannot hold becomes text of the same digits.
// `document` is JSON.
std::string with_big_integers_quoted(std::string_view document);

}  // namespace tocsin::helper
