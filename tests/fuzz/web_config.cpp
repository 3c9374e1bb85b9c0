// Any bytes as the file of http.web_config: it loads, or says what is wrong and where.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "config/web_config.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  if (size > 16384) return 0;
  static const int file = memfd_create("web", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    return 0;
  const LoadedWebConfig loaded = load_web_config(path);
  for (const Diagnostic& d : loaded.errors) expect(!d.message.empty(), "what is wrong is said");
  if (!loaded.errors.empty()) return 0;
  for (const auto& [user, hash] : loaded.web.users)
    expect(config::is_bcrypt(hash), "a password is a hash");
  for (const auto& [name, value] : loaded.web.headers)
    expect(fuzz::one_line(name) && fuzz::one_line(value), "a header is a line");
  return 0;
}
