#pragma once
// Deliveries that need no network: a file written whole or not at all, lines to a descriptor, and a
// datagram to a socket of this machine. The first two block for as long as the disk or the terminal
// does; called on a thread that may.

#include <string>
#include <string_view>

#include "rules/model/enums.hpp"

namespace tocsin::api {

struct LocalResult {
  AttemptOutcome outcome = AttemptOutcome::not_sent;
  std::string detail;
};

// Writes a temporary file, syncs it, renames it to `directory`/`name` and syncs the directory,
// which is made if need be. The same name again replaces the file: a repeated attempt is no second
// message. not_sent: the file is not there. unknown: it is, but may not survive a power cut.
LocalResult write_file_durably(const std::string& directory, const std::string& name,
                               std::string_view bytes);

// One write() as long as the descriptor takes it. unknown: it stopped half way.
LocalResult write_lines(int descriptor, std::string_view lines);

// One datagram to a local socket, without waiting.
LocalResult write_datagram(const std::string& path, std::string_view bytes);

}  // namespace tocsin::api
