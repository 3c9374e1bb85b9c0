// What is read fast means what the library reads, to the column; what could mean anything else is
// left to it.

#include "config/plain_yaml.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/yaml.hpp"
#include "tests/unit/config/helper.hpp"

using namespace tocsin;
using namespace tocsin::config;
using namespace tocsin::test;

namespace {

void write(std::ostream& out, const Spot& mark) {
  out << ' ' << mark.line << ':' << mark.column << ' ';
}
void write(std::ostream& out, const Node& node) {
  write(out, node.mark);
  out << kind_name(node.kind) << (node.quoted ? " quoted" : "") << " <" << node.text << ">";
  for (const Node& item : node.items) out << "\n-", write(out, item);
  for (const Member& member : node.members) {
    out << "\n" << member.key;
    write(out, member.mark), write(out, member.value);
  }
  out << ";";
}
std::string written(const Node& node) {
  std::ostringstream out;
  write(out, node);
  return out.str();
}

// Whether it is read fast; if so, the library reads the same and finds nothing wrong.
bool is_plain(const std::string& text, std::size_t values_max = file_values_max) {
  TreeMemory fast, slow;
  const auto root = parse_plain_yaml(text, fast.keep_name("f"), fast, values_max);
  if (!root) return false;
  Report report;
  const Parsed library = parse_by_library(text, "f", report, slow, values_max);
  INFO(text << "\n" << lines(report.errors));
  CHECK(report.errors.empty());
  CHECK(written(*root) == written(library.root));
  return true;
}

const char* const plain[] = {
    "a: b\n",
    "a: b",
    "# of a file\n\nlong name: with words  # and more\n\n  # between\nsecond: x#y a:b 1/2\n",
    "list:\n- a\n- b\nother:\n  - {id: x, n: 1, on: [a, 'b c', \"d, e\"]}\n  - id: y\n    n: "
    "-2\nz: 1\n",
    "list:\n  -\n    a: 1\n  - - b\n    - c: 1\n      d:\n      - e\n",
    "{\"cis\": [\n  {\"id\":\"a\",\"users\":7, \"on\": []},\n  {\"id\": \"b\", \"x\": {}}\n]}\n",
    "- ~\n- null\n- \"null\"\n- 'a: b'\n- \"q\\\"\\\\\\n\\t\\/\"\n- x\n",
    "a: {b: ~, c: Null, d: NULL, e: nulls}\n",
    "name: M\xC3\xBCller\n\"k\xC3\xA9y\": \xE2\x82\xAC\n",
    "a:\n  b\nc:\n   {d: e}\n",
    "a: [b,\n\n   c, {d:\n e}\n]\n",
    "instance: {}\nempty: []\n",
    "a: x - y\nb: http://h:80/x?y=1&z#f\nc: $HOME/x\nd: 10.0.0.1\ne: <none>\n",
};

const char* const not_plain[] = {
    "",
    "# nothing\n",
    "scalar\n",
    "a:\n",
    "a:\nb: 1\n",
    "a: b: c\n",
    "a: b\n c\n",
    "a: b\n  c: d\n",
    "a: b\na: c\n",
    "a:\tb\n",
    "a: b\r\n",
    "--- \na: b\n",
    "a: b\n---\nc: d\n",
    "a: b\n...\n",
    "%YAML 1.2\n---\na: b\n",
    "a: &x b\n",
    "a: *x\n",
    "a: !t b\n",
    "a: |\n  text\n",
    "a: >-\n  text\n",
    "? a\n: b\n",
    "a : b\n",
    "{a : b}\n",
    "{a: b, c}\n",
    "{a: b,}\n",
    "[a, ]\n",
    "[a b\n c]\n",
    "[a: b]\n",
    "[a?b]\n",
    "[a # b\n]\n",
    "{a:b}\n",
    "{a: b\n",
    "a: {b: c} d\n",
    "a: \"b\n c\"\n",
    "a: 'it''s'\n",
    "a: \"\\u00e9\"\n",
    "a: \"b\" c\n",
    "a: \"b\"#c\n",
    "a: @b\n",
    "a: - b\n",
    "- a\nb: c\n",
    "a:\n  - b\n - c\n",
    "a: [b]\n  - c\n",
    "~: a\n",
    "[a]: b\n",
    "\xEF\xBB\xBF"
    "a: b\n",
};

// The same numbers everywhere.
struct Dice {
  std::uint64_t at = 88172645463325252;
  std::size_t below(std::size_t n) {
    at ^= at << 13, at ^= at >> 7, at ^= at << 17;
    return at % n;
  }
};

std::string changed(std::string text, Dice& dice) {
  static const std::string signs = " \n\n:-,#[]{}\"'?&*!|>%@~=<.ab0\t\\";
  for (std::size_t n = 1 + dice.below(3); n > 0 && !text.empty(); --n) {
    const std::size_t at = dice.below(text.size());
    switch (dice.below(4)) {
      case 0:
        text.erase(at, 1 + dice.below(3));
        break;
      case 1:
        text.insert(at, 1 + dice.below(2), signs[dice.below(signs.size())]);
        break;
      case 2:
        text[at] = signs[dice.below(signs.size())];
        break;
      default:
        text.insert(at, text.substr(dice.below(text.size()), dice.below(12)));
    }
  }
  return text;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("plain YAML is read fast, and means what the library reads") {
  for (const char* text : plain) {
    INFO(text);
    CHECK(is_plain(text));
  }
}

TEST_CASE("what is not plain is left to the library") {
  for (const char* text : not_plain) {
    INFO(text);
    CHECK_FALSE(is_plain(text));
  }
  CHECK(is_plain("a: [b, c]\n", 5));
  CHECK_FALSE(is_plain("a: [b, c]\n", 4));
  const std::string deep(60, '[');
  CHECK_FALSE(is_plain("a: " + deep + std::string(60, ']') + "\n"));
}

TEST_CASE("the texts that the store keeps are plain") {
  for (const auto& entry : std::filesystem::directory_iterator(TOCSIN_SOURCE_DIR "/config")) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    is_plain(content_of(entry.path()));
    const Loaded loaded = load_file(entry.path());
    if (loaded.settings) CHECK(is_plain(loaded.settings->text));
  }
}

TEST_CASE("of texts with anything wrong in them, none is read otherwise") {
  Dice dice;
  std::size_t read = 0;
  for (int round = 0; round < 15'000; ++round)
    read += is_plain(changed(plain[dice.below(std::size(plain))], dice));
  CHECK(read > 1000);
}
