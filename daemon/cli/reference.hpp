#pragma once
// The command line on paper: the manual page and the completions of three shells, made from the
// tree that the program itself parses with, so that they cannot differ from it. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace tocsin::cli {

struct ReferenceOption {
  std::vector<std::string> names;    // "-h", "--help"; one bare word when it is positional
  std::string type;                  // of its value; empty: a flag
  std::vector<std::string> choices;  // the values there are, when they are few
  std::string description;
  std::string value;  // when it is not given
  bool positional = false;
};

struct ReferenceCommand {
  std::string name;  // in full: "tocsin incident ack"
  std::vector<ReferenceOption> options;
  std::vector<ReferenceCommand> verbs;
};

std::string reference_man(const ReferenceCommand& root, std::string_view version);
std::string reference_bash(const ReferenceCommand& root);
std::string reference_zsh(const ReferenceCommand& root);
std::string reference_fish(const ReferenceCommand& root);

}  // namespace tocsin::cli
