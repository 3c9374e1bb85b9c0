// Any bytes as a configuration: it loads, or says what is wrong; what loads reads back as the same.
// What is read fast is what the library reads.
#include <algorithm>
#include <cstdint>
#include <string>

#include "config/load.hpp"
#include "config/plain_yaml.hpp"
#include "config/yaml.hpp"
#include "tests/fuzz/expect.hpp"

using namespace tocsin::config;

namespace {

bool same(const Spot& a, const Spot& b) {
  return a.line == b.line && a.column == b.column;
}
bool same(const Node& a, const Node& b) {
  const auto items = [](const Node& x, const Node& y) { return same(x, y); };
  const auto members = [](const Member& x, const Member& y) {
    return x.key == y.key && same(x.mark, y.mark) && same(x.value, y.value);
  };
  return a.kind == b.kind && a.quoted == b.quoted && a.text == b.text && same(a.mark, b.mark) &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), items) &&
         std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    members);
}

void read_both_ways(const std::string& text) {
  TreeMemory memory;
  const auto fast = parse_plain_yaml(text, memory.keep_name("f"), memory, file_values_max);
  if (!fast) return;
  Report report;
  const Parsed slow = parse_by_library(text, "f", report, memory);
  tocsin::fuzz::expect(report.errors.empty() && same(*fast, slow.root), "both read the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_both_ways(text);
  const auto first = tocsin::load_text(text, "fuzz.yaml");
  if (!first.settings || !first.errors.empty()) return 0;
  const auto again = tocsin::load_stored(first.settings->text);
  if (!again.settings || again.settings->hash != first.settings->hash) __builtin_trap();
  return 0;
}
