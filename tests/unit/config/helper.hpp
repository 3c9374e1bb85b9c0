#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace tocsin::test {

// All messages of a list, one a line.
std::string lines(const std::vector<Diagnostic>& list);

// A folder of files that is gone at the end of the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string write(const std::string& name, const std::string& text);  // its path
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// `text` with the folder taken out of it.
std::string without(std::string text, const std::string& folder);

}  // namespace tocsin::test
