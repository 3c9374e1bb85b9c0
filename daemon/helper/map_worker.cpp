#include "daemon/helper/map_worker.hpp"

#include <map>

#include "daemon/helper/jq_program.hpp"
#include "daemon/helper/shut_in.hpp"
#include "daemon/net/helper_frame.hpp"

namespace tocsin::helper {
namespace {

// Compiling takes 20 ms, most of it for jq's own library, and is done once for a program.
constexpr int compile_cpu_ms = 1'000;
constexpr int document_cpu_ms = 50;
constexpr std::size_t programs_max = 32;  // integrations there may be

using Programs = std::map<std::string, std::unique_ptr<JqProgram>>;

JqProgram* compiled(Programs& programs, const std::string& text,
                    std::vector<ProgramFault>& faults) {
  if (const auto it = programs.find(text); it != programs.end()) return it->second.get();
  if (programs.size() >= programs_max) programs.clear();
  allow_cpu_ms(compile_cpu_ms);
  auto program = JqProgram::compile(text, faults);
  allow_cpu_ms(0);
  return program ? (programs[text] = std::move(program)).get() : nullptr;
}

HelperFrame of_faults(const std::vector<ProgramFault>& faults) {
  HelperFrame out{HelperFrame::Kind::faults, {}};
  for (const ProgramFault& fault : faults) {
    out.fields.push_back(std::to_string(fault.line));
    out.fields.push_back(std::to_string(fault.column));
    out.fields.push_back(fault.message);
  }
  return out;
}

HelperFrame answer(Programs& programs, const HelperFrame& question) {
  std::vector<ProgramFault> faults;
  const std::string& text = question.fields[0];
  JqProgram* const program = compiled(programs, text, faults);
  if (!program || question.kind == HelperFrame::Kind::compile) return of_faults(faults);
  allow_cpu_ms(document_cpu_ms);
  JqProgram::Output output = program->run(question.fields[1], MapLimits{});
  allow_cpu_ms(0);
  return {output.ok ? HelperFrame::Kind::mapped : HelperFrame::Kind::failed,
          {std::move(output.text)}};
}

bool understood(const HelperFrame& question) {
  return (question.kind == HelperFrame::Kind::compile && question.fields.size() == 1) ||
         (question.kind == HelperFrame::Kind::map && question.fields.size() == 2);
}

}  // namespace

int map_worker(int socket) {
  constexpr auto no_deadline = FrameDeadline::max();
  HelperFrames frames;
  HelperFrame question;
  Programs programs;
  while (read_frame(socket, frames, question, no_deadline) == FrameResult::ok) {
    if (!understood(question)) return 1;
    if (write_frame(socket, answer(programs, question), no_deadline) != FrameResult::ok) return 1;
  }
  return 0;
}

}  // namespace tocsin::helper
