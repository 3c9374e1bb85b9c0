// scenarios DIR            runs every *.txt of the folder and compares; exit 1 when one differs
// scenarios --rewrite DIR  writes what happens now into the files, for a reader to judge by the
// diff
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/scenarios/world.hpp"

namespace {

namespace fs = std::filesystem;
using namespace tocsin::scenario;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Tells where the first difference is; false when there is one or a law was broken.
bool compare(const fs::path& path, const Line& line, const std::vector<std::string>& got) {
  for (const auto& text : got)
    if (text.starts_with("BROKEN")) {
      std::printf("%s: %s\n    %s\n", path.c_str(), line.text.c_str(), text.c_str());
      return false;
    }
  if (got == line.output) return true;
  std::printf("%s: %s\n", path.filename().c_str(), line.text.c_str());
  for (const auto& text : line.output)
    if (std::find(got.begin(), got.end(), text) == got.end()) std::printf("  - %s\n", text.c_str());
  for (const auto& text : got)
    if (std::find(line.output.begin(), line.output.end(), text) == line.output.end())
      std::printf("  + %s\n", text.c_str());
  return false;
}

bool run(const fs::path& path, const std::string& fixture, bool rewrite) {
  const std::string before = read(path);
  Script script = parse(before);
  World world(fixture, script);
  bool same = true;
  for (auto& line : script.lines) {
    const auto got = world.run(line);
    if (rewrite) {
      for (const auto& text : got)
        if (text.starts_with("BROKEN")) same = compare(path, line, got);
      line.output = got;
    } else if (!(same = compare(path, line, got))) {
      break;
    }
  }
  if (rewrite && print(script) != before) std::ofstream(path, std::ios::binary) << print(script);
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  const bool rewrite = argc > 1 && std::string_view(argv[1]) == "--rewrite";
  if (argc < (rewrite ? 3 : 2)) {
    std::puts("usage: scenarios [--rewrite] DIR|FILE...");
    return 2;
  }
  std::vector<fs::path> files;
  for (int i = rewrite ? 2 : 1; i < argc; ++i) {
    if (!fs::is_directory(argv[i])) {
      files.emplace_back(argv[i]);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(argv[i]))
      if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt")
        files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  int bad = 0;
  for (const auto& path : files)
    bad += !run(path, read(path.parent_path() / "fixture.yaml"), rewrite);
  std::printf("%zu scenarios, %d not as written\n", files.size(), bad);
  return bad || files.empty() ? 1 : 0;
}
