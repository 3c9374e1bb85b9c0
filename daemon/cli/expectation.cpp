#include "daemon/cli/expectation.hpp"

#include <algorithm>

#include "config/text.hpp"
#include "rules/model/ids.hpp"

namespace tocsin::cli {
namespace {

// One spelling of what may be written in several.
std::string canonical(const std::string& key, const std::string& text) {
  if (key == "at")
    if (const auto span = config::parse_duration(text)) return config::duration_text(*span);
  if (key == "number" || key == "incident")
    if (const IncidentNumber n = parse_incident(text)) return to_text(n);
  return text;
}

bool same(const std::string& key, const config::Word& word, const Found& found) {
  const auto it = found.keys.find(key);
  return it != found.keys.end() && it->second == canonical(key, word.text);
}

std::size_t wrong(const Expected& expected, const Found& found) {
  return static_cast<std::size_t>(
      std::count_if(expected.keys.begin(), expected.keys.end(),
                    [&](const auto& k) { return !same(k.first, k.second, found); }));
}

std::string words(const Expected& expected) {
  std::string out;
  for (const auto& [key, word] : expected.keys)
    out += (out.empty() ? "" : ", ") + key + " " + canonical(key, word.text);
  return out.empty() ? "of any kind" : out;
}

Diagnostic at(const config::Mark& mark, std::string message) {
  return {*mark.file, mark.line, mark.column, std::move(message)};
}

// The largest set of pairs, one found thing for each expected one: paths that change pairs until
// none is left that gains one.
class Pairs {
 public:
  Pairs(const std::vector<Expected>& expected, const std::vector<Found>& found)
      : expected_(expected), found_(found), of_found_(found.size(), none) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      asked_.assign(found.size(), false);
      find(i);
    }
  }
  bool taken(std::size_t found) const { return of_found_[found] != none; }
  bool met(std::size_t expected) const {
    return std::find(of_found_.begin(), of_found_.end(), expected) != of_found_.end();
  }

 private:
  static constexpr std::size_t none = SIZE_MAX;
  bool find(std::size_t i) {
    for (std::size_t j = 0; j < found_.size(); ++j) {
      if (asked_[j] || wrong(expected_[i], found_[j]) > 0) continue;
      asked_[j] = true;
      if (of_found_[j] != none && !find(of_found_[j])) continue;
      of_found_[j] = i;
      return true;
    }
    return false;
  }
  const std::vector<Expected>& expected_;
  const std::vector<Found>& found_;
  std::vector<std::size_t> of_found_;
  std::vector<bool> asked_;
};

}  // namespace

std::vector<Diagnostic> compare(const Expected& expected, const Found& found,
                                const std::string& when) {
  std::vector<Diagnostic> out;
  for (const auto& [key, word] : expected.keys) {
    if (same(key, word, found)) continue;
    const auto it = found.keys.find(key);
    const std::string got = it == found.keys.end() || it->second.empty() ? "none" : it->second;
    out.push_back(at(word.mark, when + "expected " + key + " " + canonical(key, word.text) +
                                    ", got " + got + (found.name.empty() ? "" : " ") + found.name));
  }
  return out;
}

std::vector<Diagnostic> compare(const std::vector<Expected>& expected,
                                const std::vector<Found>& found, const std::string& one,
                                const config::Mark& list, const std::string& when) {
  std::vector<Diagnostic> out;
  const Pairs pairs(expected, found);
  std::vector<bool> said(found.size(), false);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (pairs.met(i)) continue;
    // Of those that nobody else expects, the one that was probably meant.
    std::size_t nearest = found.size(), fewest = expected[i].keys.size();
    for (std::size_t j = 0; j < found.size(); ++j)
      if (!pairs.taken(j) && !said[j] && wrong(expected[i], found[j]) < fewest)
        nearest = j, fewest = wrong(expected[i], found[j]);
    if (nearest == found.size()) {
      out.push_back(
          at(expected[i].mark, when + "expected " + one + " " + words(expected[i]) + ", got none"));
      continue;
    }
    said[nearest] = true;
    for (Diagnostic& d : compare(expected[i], found[nearest], when)) out.push_back(std::move(d));
  }
  for (std::size_t j = 0; j < found.size(); ++j)
    if (!pairs.taken(j) && !said[j])
      out.push_back(at(list, when + "expected no further " + one + ", got " + found[j].name));
  return out;
}

}  // namespace tocsin::cli
