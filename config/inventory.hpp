#pragma once
// The CIs that the API keeps. They stand in no file: they are the section `imported_cis` of the
// normal text of a configuration, and so are stored, backed up and compiled with the rest of it.
// Files have to be whole without them; they may name what files have. Pure, any thread.

#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace tocsin {

namespace config {
inline constexpr const char* imported_cis = "imported_cis";         // the section
inline constexpr const char* imported_name = "imported inventory";  // its file, in messages
inline constexpr const char* import_name = "import";  // the file of a body that comes in
}  // namespace config

// That section of a normal text; empty when nothing was imported.
std::string imported_section(std::string_view normal_text);

// The files of load_file(), together with a section that a store has. What is wrong between them is
// told at the place in the files, where there is one.
Loaded load_file_with(const std::string& path, const std::string& imported);

enum class InventoryForm : std::uint8_t { yaml, table };  // JSON is read as YAML

// The configuration in force with the CIs of `body` instead of those that were imported before.
// Mistakes of the body have its lines and columns, and `import_name` as file.
Loaded import_cis(const Settings& in_force, const std::string& body, InventoryForm form);

// What an import changes. Each list by id.
struct InventoryDiff {
  struct Change {
    std::string id;
    std::vector<std::string> keys;  // as a file names them
  };
  std::vector<std::string> added, removed;
  std::vector<Change> changed;
  std::size_t unchanged = 0;
};
// Of what was imported: the CIs of the files are in neither.
InventoryDiff compare_imported(const Settings& before, const Settings& after);

}  // namespace tocsin
