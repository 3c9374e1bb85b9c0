#include "daemon/helper/helper.hpp"

#include <sys/stat.h>

#include <csignal>

#include "daemon/helper/map_worker.hpp"
#include "daemon/helper/run_worker.hpp"
#include "daemon/helper/shut_in.hpp"
#include "daemon/net/helper_frame.hpp"

namespace tocsin::helper {
namespace {

constexpr int socket_of_the_daemon = 3;
constexpr int not_for_people = 2, no_walls = 3;

bool is_socket(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

bool say_hello() {
  return write_frame(socket_of_the_daemon, {HelperFrame::Kind::hello, {}}, FrameDeadline::max()) ==
         FrameResult::ok;
}

}  // namespace

int run(const std::string& role) {
  if ((role != "map" && role != "run") || !is_socket(socket_of_the_daemon)) return not_for_people;
  // Whoever stops the daemon may signal all its processes: it still needs us, and says when not.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(signal, SIG_IGN);
  if (role == "run") {
    be_as_others();
    return say_hello() ? run_worker(socket_of_the_daemon) : 1;
  }
  if (!shut_in(Walls{})) return no_walls;
  return say_hello() ? map_worker(socket_of_the_daemon) : 1;
}

}  // namespace tocsin::helper
