// Any bytes as a table of CIs: it is read, or what is wrong is told at a place that it has. What is
// imported reads back as the same.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "config/csv.hpp"
#include "config/inventory.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  using fuzz::expect;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<std::size_t> widths{0};
  for (const char c : text) c == '\n' ? widths.push_back(0) : void(++widths.back());
  const auto exists = [&](int line, int column) {
    return line >= 1 && static_cast<std::size_t>(line) <= widths.size() && column >= 1 &&
           static_cast<std::size_t>(column) <= widths[static_cast<std::size_t>(line) - 1] + 1;
  };
  config::Report report;
  config::TreeMemory memory;
  const config::Parsed parsed = config::parse_csv(text, "fuzz.csv", report, memory);
  for (const Diagnostic& d : report.errors)
    expect(exists(d.line, d.column), "a mistake has a place");
  expect(parsed.broken ? !report.errors.empty() : parsed.root.members.size() == 1,
         "it is read, or it is said why not");
  if (parsed.broken) return 0;
  for (const config::Node& ci : parsed.root.members[0].value.items) {
    expect(exists(ci.mark.line, ci.mark.column), "a CI has a place");
    for (const config::Member& member : ci.members)
      expect(exists(member.value.mark.line, member.value.mark.column), "a value has a place");
  }
  static const Loaded base = load_text("people: [{id: bob}]\ncis: [{id: svc}]", "base.yaml");
  const Loaded with = import_cis(*base.settings, text, InventoryForm::table);
  if (!with.settings) return 0;
  const Loaded again = load_stored(with.settings->text);
  expect(again.settings && again.settings->hash == with.settings->hash, "it reads back");
  return 0;
}
