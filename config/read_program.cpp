// The programs of integrations: `program` names a file, `program_text` is one.
#include <fstream>
#include <iterator>

#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

// They are kept in the log with the configuration that names them. Ten lines are 500 bytes.
constexpr std::size_t program_bytes_max = 16u << 10, programs_bytes_max = 128u << 10;

std::size_t continuation_bytes(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first < 0xE0) return 1;
  if (first >= 0xE0 && first < 0xF0) return 2;
  return first >= 0xF0 && first < 0xF5 ? 3 : std::string::npos;
}

// As far as the stored configuration needs it to be read again.
bool is_text(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] == '\0') return false;
    const std::size_t more = continuation_bytes(static_cast<unsigned char>(bytes[at]));
    if (more == std::string::npos || more >= bytes.size() - at) return false;
    for (std::size_t i = 0; i < more; ++i)
      if ((static_cast<unsigned char>(bytes[++at]) & 0xC0) != 0x80) return false;
  }
  return true;
}

}  // namespace

void Compiler::read_program(const Word& path, Program& program) {
  program.file = absolute(path.text);
  std::ifstream in(program.file, std::ios::binary);
  if (!in) return report_.error(path.mark, "the file '" + program.file + "' cannot be read");
  program.text.resize(program_bytes_max + 1);
  in.read(program.text.data(), static_cast<std::streamsize>(program.text.size()));
  program.text.resize(static_cast<std::size_t>(in.gcount()));
}

void Compiler::program(Reader& item, Integration& integration) {
  const SourceKind* kind = find_source(integration.source);
  if (!kind) return;
  const auto file = item.word("program"), text = item.word("program_text");
  if (!file && !text) {
    if (kind->document)
      report_.error(item.mark(),
                    "an integration of the source '" + integration.source + "' has no program");
    return;
  }
  Program& program = integration.program;
  program.mark = file ? file->mark : text->mark;
  if (!kind->document)
    return report_.error(program.mark, "the source '" + integration.source + "' has no program");
  if (file && text) return report_.error(text->mark, "program and program_text are both given");
  const std::size_t errors = report_.errors.size();
  if (text) program.text = text->text;
  if (file) read_program(*file, program);
  if (report_.errors.size() > errors) return;
  program_bytes_ += program.text.size();
  const std::string what = file ? "the file '" + program.file + "'" : "program_text";
  if (program.text.find_first_not_of(" \t\r\n") == std::string::npos)
    report_.error(program.mark, what + " is empty");
  else if (program.text.size() > program_bytes_max)
    report_.error(program.mark, what + " is larger than 16 KiB");
  else if (program_bytes_ > programs_bytes_max)
    report_.error(program.mark, "all programs together are larger than 128 KiB");
  else if (!is_text(program.text))
    report_.error(program.mark, what + " is not UTF-8 text");
}

}  // namespace tocsin::config
