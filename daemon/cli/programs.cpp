#include "daemon/cli/programs.hpp"

#include "connectors/text/quote.hpp"

namespace tocsin::cli {
namespace {

constexpr std::size_t message_bytes_max = 300;

// Inside a YAML text the lines of the program are not those of the file.
Diagnostic of_fault(const Program& program, const ProgramFault& fault) {
  const std::string message = printable(fault.message, message_bytes_max);
  if (!program.file.empty()) return {program.file, fault.line, fault.column, message};
  return {*program.mark.file, program.mark.line, program.mark.column,
          "line " + std::to_string(fault.line) + ", column " + std::to_string(fault.column) +
              " of the program: " + message};
}

}  // namespace

void check_programs(Loaded& loaded, Mapper& mapper) {
  for (const Integration& integration : loaded.body.integrations) {
    const Program& program = integration.program;
    if (program.text.empty()) continue;
    mapper.warm();
    std::string unavailable;
    for (const ProgramFault& fault : mapper.compile(program.text, unavailable))
      loaded.errors.push_back(of_fault(program, fault));
    if (!unavailable.empty())
      loaded.warnings.push_back({*program.mark.file, program.mark.line, program.mark.column,
                                 "nobody could compile the program: " + unavailable});
  }
  config::sort_diagnostics(loaded.errors);
  config::sort_diagnostics(loaded.warnings);
  if (!loaded.errors.empty()) loaded.settings = nullptr;
}

}  // namespace tocsin::cli
