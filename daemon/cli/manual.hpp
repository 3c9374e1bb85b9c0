#pragma once
// The texts of `--help`, in the order and the words of a manual page. Options are described where
// they are declared (cli.cpp); here is the rest. Pure.

#include <string_view>

namespace tocsin::cli {

struct Manual {
  std::string_view command;   // "tocsin incident ack"
  std::string_view one_line;  // behind the name
  std::string_view synopsis;
  std::string_view description;
  std::string_view examples;
};

// The page of a command; a plain one when nobody wrote it.
const Manual& manual(std::string_view command);

extern const std::string_view manual_client_environment;
extern const std::string_view manual_serve_environment;
extern const std::string_view manual_exit_status;

}  // namespace tocsin::cli
