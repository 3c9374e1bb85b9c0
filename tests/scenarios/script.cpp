#include "tests/scenarios/script.hpp"

#include <utility>

namespace tocsin::scenario {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  bool quoted = false, any = false;
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted, any = true;
    } else if (c == ' ' && !quoted) {
      if (any) out.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word.push_back(c), any = true;
    }
  }
  if (any) out.push_back(word);
  return out;
}

bool is_section(std::string_view line) {
  return !line.empty() && line[0] != ' ' && line[0] != '#' &&
         line.find(':') != std::string_view::npos;
}
std::string section_name(std::string_view line) {
  return std::string(line.substr(0, line.find(':')));
}

}  // namespace

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

Script parse(std::string_view text) {
  Script out;
  std::vector<std::string> loose;
  bool config = false;
  for (auto& line : lines_of(text)) {
    if (line == "config:") {
      out.head = std::exchange(loose, {});
      config = true;
    } else if (line.starts_with("| ") || line == "|") {
      const std::string inner = line.size() > 2 ? line.substr(2) : "";
      if (config)
        out.config += inner + "\n";
      else if (!out.lines.empty())
        out.lines.back().block.push_back(inner);
    } else if (line.starts_with("    ")) {
      if (!out.lines.empty()) out.lines.back().output.push_back(line.substr(4));
    } else if (line.empty() || line[0] == '#') {
      loose.push_back(line);
    } else {
      config = false;
      out.lines.push_back({line, split(line), {}, {}, std::exchange(loose, {})});
    }
  }
  out.tail = std::move(loose);
  return out;
}

std::string print(const Script& script) {
  std::string out;
  const auto put = [&](std::string_view indent, const std::vector<std::string>& lines) {
    for (const auto& line : lines) out.append(line.empty() ? "" : indent).append(line).append("\n");
  };
  if (!script.config.empty()) {
    put("", script.head);
    out += "config:\n";
    for (const auto& line : lines_of(script.config))
      out += line.empty() ? "|\n" : "| " + line + "\n";
  }
  for (const auto& line : script.lines) {
    put("", line.before);
    out += line.text + "\n";
    for (const auto& inner : line.block) out += inner.empty() ? "|\n" : "| " + inner + "\n";
    put("    ", line.output);
  }
  put("", script.tail);
  return out;
}

std::string overlay(std::string_view base, std::string_view over) {
  std::map<std::string, std::string> replaced;
  std::string name, out;
  for (const auto& line : lines_of(over)) {
    if (is_section(line)) name = section_name(line);
    if (!name.empty()) replaced[name] += line + "\n";
  }
  bool skip = false;
  for (const auto& line : lines_of(base)) {
    if (is_section(line)) skip = replaced.count(section_name(line)) > 0;
    if (!skip) out += line + "\n";
  }
  for (const auto& [key, text] : replaced) out += text;
  return out;
}

}  // namespace tocsin::scenario
