#pragma once
// What is wrong with a configuration, and where. Lines and columns count from 1; 0 is "the whole
// file".

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tocsin {

struct Diagnostic {
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;
};

std::string to_text(const Diagnostic& d);  // file:line:column: message

}  // namespace tocsin

namespace tocsin::config {

// A place in a file.
struct Mark {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};

std::string to_text(const Mark& mark);  // file:line; file when there is no line

// Collects everything that is wrong in one go.
class Report {
 public:
  void error(const Mark& at, std::string message) { add(errors, at, std::move(message)); }
  void warning(const Mark& at, std::string message) { add(warnings, at, std::move(message)); }

  std::vector<Diagnostic> errors, warnings;

 private:
  static void add(std::vector<Diagnostic>& to, const Mark& at, std::string message);
};

// In the order of a reader: by file, line and column. What was said twice is said once.
void sort_diagnostics(std::vector<Diagnostic>& list);

}  // namespace tocsin::config
