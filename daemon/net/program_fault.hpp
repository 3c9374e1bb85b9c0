#pragma once
// What is wrong with a user's program, and where in it. Lines and columns count from 1.

#include <string>

namespace tocsin {

struct ProgramFault {
  int line = 1;
  int column = 1;
  std::string message;
};

}  // namespace tocsin
