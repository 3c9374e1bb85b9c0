// The manifest as text: read by people, and by eight lines of any language.
#include <charconv>

#include "daemon/engine/backup.hpp"
#include "daemon/journal/crc32c.hpp"
#include "rules/model/planted.hpp"

namespace tocsin {
namespace {

constexpr std::string_view first_line = "tocsin backup 1\n";
constexpr std::size_t files_max = 1'000'000;

std::string hex_of(std::uint64_t n, int digits) {
  std::string out(static_cast<std::size_t>(digits), '0');
  for (int i = digits; i-- > 0; n >>= 4)
    out[static_cast<std::size_t>(i)] = "0123456789abcdef"[n & 15];
  return out;
}

// Takes words off a line.
struct Words {
  std::string_view rest;
  bool good = true;

  std::string_view next() {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    good = good && !word.empty();
    return word;
  }
  template <class T>
  T number(int base = 10) {
    const std::string_view word = next();
    T n{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n, base);
    good = good && error == std::errc() && end == word.data() + word.size();
    return n;
  }
};

// No name leads out of the folder.
bool is_name(std::string_view name) {
  return name.starts_with("db/") && name.find('/', 3) == name.npos && name.size() > 3 &&
         name.find("..") == name.npos;
}

bool take_line(std::string_view line, Manifest& m) {
  Words words{line};
  const std::string_view what = words.next();
  if (what == "version") {
    m.version = words.next();
  } else if (what == "taken_at_ms") {
    m.taken_at.ms = words.number<std::int64_t>();
  } else if (what == "frame") {
    m.frame = words.number<std::uint64_t>();
  } else if (what == "epoch") {
    m.epoch = words.number<std::uint64_t>();
  } else if (what == "frame_chain") {
    m.chain = words.number<std::uint32_t>(16);
  } else if (what == "table") {
    const std::string_view table = words.next();
    TableDigest d;
    d.rows = words.number<std::uint64_t>();
    d.sum = words.number<std::uint64_t>(16);
    if (table.size() == 1) m.digest.set(table[0], d);
  } else if (what == "digest") {
    words.good = words.good && words.next() == m.digest.hex();
  } else if (what == "file") {
    store::ListedFile f;
    f.name = words.next();
    f.bytes = words.number<std::uint64_t>();
    while (words.good && !words.rest.empty()) f.chain.push_back(words.number<std::uint32_t>(16));
    const std::uint64_t blocks =
        f.bytes / store::copy_block_bytes + (f.bytes % store::copy_block_bytes != 0);
    if (!is_name(f.name) || f.chain.size() != blocks || m.files.size() >= files_max) return false;
    m.files.push_back(std::move(f));
  }
  return words.good;
}

}  // namespace

std::uint64_t Manifest::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files) sum += file.bytes;
  return sum;
}

std::string encode(const Manifest& m) {
  std::string out(first_line);
  const auto line = [&](std::string_view what, const std::string& value) {
    out.append(what).append(" ").append(value).append("\n");
  };
  line("version", m.version);
  line("taken_at_ms", std::to_string(m.taken_at.ms));
  line("frame", std::to_string(m.frame));
  line("epoch", std::to_string(m.epoch));
  line("frame_chain", hex_of(m.chain, 8));
  for (const auto& [table, d] : m.digest.tables())
    line("table", std::string(1, table) + " " + std::to_string(d.rows) + " " + hex_of(d.sum, 16));
  line("digest", m.digest.hex());
  for (const auto& file : m.files) {
    std::string value = file.name + " " + std::to_string(file.bytes);
    for (const std::uint32_t chain : file.chain) value += " " + hex_of(chain, 8);
    line("file", value);
  }
  line("end", hex_of(store::crc32c(0, out), 8));
  return out;
}

bool decode(std::string_view text, Manifest& m, std::string& why) {
  why = "the manifest is damaged";
  if (!text.starts_with(first_line)) {
    if (text.starts_with("tocsin backup ")) why = "the backup is of a version that is not known";
    return false;
  }
  constexpr std::size_t end_bytes = 4 + 8 + 1;
  if (text.size() < first_line.size() + end_bytes) return false;
  const std::string_view body = text.substr(0, text.size() - end_bytes);
  if (text.substr(body.size()) != "end " + hex_of(store::crc32c(0, body), 8) + "\n" &&
      !planted("manifest_unchecked"))
    return false;
  for (std::string_view rest = body.substr(first_line.size()); !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (!take_line(one, m)) return false;
  }
  if (m.version.empty() || m.frame == 0 || m.files.empty() || m.digest.tables().empty())
    return false;
  why.clear();
  return true;
}

}  // namespace tocsin
