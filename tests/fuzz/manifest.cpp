// Any bytes as the manifest of a backup, as they are and under a checksum that is right: refused
// with a sentence, or written back as what was read, with names that stay in the folder.
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "daemon/engine/backup.hpp"
#include "daemon/journal/crc32c.hpp"
#include "tests/fuzz/expect.hpp"

namespace {

using namespace tocsin;
using fuzz::expect;

void read(std::string_view text) {
  Manifest m, again;
  std::string why;
  if (!decode(text, m, why)) return expect(!why.empty(), "a refused manifest has a reason");
  for (const auto& file : m.files)
    expect(file.name.starts_with("db/") && file.name.find('/', 3) == file.name.npos &&
               file.name.find("..") == file.name.npos,
           "a file stays in the folder");
  const std::string written = encode(m);
  expect(decode(written, again, why) && encode(again) == written, "a manifest is read back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text);
  std::string sealed(text.substr(0, text.rfind("end ")));
  char sum[9];
  std::snprintf(sum, sizeof sum, "%08x", store::crc32c(0, sealed));
  read(sealed.append("end ").append(sum).append("\n"));
  return 0;
}
