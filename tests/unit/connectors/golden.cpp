#include "tests/unit/connectors/golden.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tocsin::test {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> files_ending(const std::string& folder, std::string_view suffix) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().string().ends_with(suffix)) out.push_back(entry.path().string());
  std::sort(out.begin(), out.end());
  return out;
}

void check_golden(const std::string& path, const std::string& actual) {
  if (std::getenv("TOCSIN_REWRITE")) std::ofstream(path, std::ios::binary) << actual;
  INFO(path);
  CHECK(read_file(path) == actual);
}

std::string source_path(std::string_view relative) {
  return std::string(TOCSIN_SOURCE_DIR) + "/" + std::string(relative);
}

}  // namespace tocsin::test
