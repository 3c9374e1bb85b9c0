#pragma once
// What a regular expression says about every text that it fits: some literal text that must be in
// it. Read from the expression alone, in the syntax of RE2; what is not understood says nothing, so
// that an answer may be weak and is never wrong.

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

struct Literals {
  // The whole text is one of `texts`; else it contains one of them, and none means that nothing is
  // certain.
  bool whole = false;
  std::vector<std::string> texts;
  bool nothing() const { return !whole && texts.empty(); }
};

// Of an expression that has to fit the whole text. At most 64 texts.
Literals literals_of(std::string_view expression);

}  // namespace tocsin
