#pragma once
// Golden files of connectors: `NAME.txt` is what `NAME.json` must become. With TOCSIN_REWRITE set
// in the environment they are written anew; read the difference before it is kept.

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::test {

std::string read_file(const std::string& path);
std::vector<std::string> files_ending(const std::string& folder,
                                      std::string_view suffix);  // sorted
// Compares, or rewrites.
void check_golden(const std::string& path, const std::string& actual);
std::string source_path(std::string_view relative);

}  // namespace tocsin::test
