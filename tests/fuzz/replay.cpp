// corpora DIR : every target on every file of its corpus, DIR/NAME, in a build of any compiler.
// What a fuzzer once found is committed there, so that each run of the unit tests asks it again.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <targets.hpp>  // made by CMakeLists.txt: TOCSIN_FUZZ_TARGETS(X) is X(NAME) for each

#define TOCSIN_DECLARE(name) extern "C" int fuzz_##name(const std::uint8_t*, std::size_t);
TOCSIN_FUZZ_TARGETS(TOCSIN_DECLARE)

namespace {

namespace fs = std::filesystem;
using Target = int (*)(const std::uint8_t*, std::size_t);

constexpr struct {
  const char* name;
  Target run;
} targets[] = {
#define TOCSIN_ROW(name) {#name, fuzz_##name},
    TOCSIN_FUZZ_TARGETS(TOCSIN_ROW)
#undef TOCSIN_ROW
};

bool replay(const fs::path& folder, Target run) {
  std::set<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) files.insert(entry.path());
  for (const fs::path& file : files) {
    std::printf("%s\n", file.c_str());  // the last line is the input that it died of
    std::fflush(stdout);
    std::ifstream in(file, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  if (files.empty()) std::printf("%s: no seed\n", folder.c_str());
  return !files.empty();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const fs::path corpus = argv[1];
  std::set<std::string> names;
  bool good = true;
  for (const auto& target : targets) {
    names.insert(target.name);
    good = replay(corpus / target.name, target.run) && good;
  }
  for (const auto& entry : fs::directory_iterator(corpus)) {
    if (names.count(entry.path().filename())) continue;
    std::printf("%s: the corpus of no target\n", entry.path().c_str());
    good = false;
  }
  return good ? 0 : 1;
}
