#include "rules/classify/phrases.hpp"

#include <array>
#include <string>

namespace tocsin {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 32> built_in{{
    {"S01", "does not open"},
    {"S01", "nothing works"},
    {"S01", "not reachable"},
    {"S01", "unavailable"},
    {"S01", "site down"},
    {"S01", "is down"},
    {"S02", "slow"},
    {"S02", "hangs"},
    {"S02", "takes minutes"},
    {"S02", "takes forever"},
    {"S03", "error"},
    {"S04", "sometimes"},
    {"S04", "now and then"},
    {"S05", "wrong amount"},
    {"S05", "wrong data"},
    {"S05", "is gone"},
    {"S05", "is missing"},
    {"S06", "cannot log in"},
    {"S06", "can't log in"},
    {"S06", "no permission"},
    {"S06", "access denied"},
    {"S07", "disk full"},
    {"S07", "no space"},
    {"S09", "did not arrive"},
    {"S09", "did not run"},
    {"S10", "strange mail"},
    {"S10", "did not do this"},
    {"S11", "red light"},
    {"S13", "changed by itself"},
    {"S14", "security warning"},
    {"S14", "certificate"},
    {"S15", "arrive late"},
}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

bool says(std::string_view text, std::string_view words) {
  for (std::size_t at = text.find(words); at != text.npos; at = text.find(words, at + 1))
    if (at == 0 || !is_letter(text[at - 1])) return true;
  return false;
}

// The first of the longest ones.
struct Best {
  std::string_view symptom;
  std::size_t size = 0;
  void look(std::string_view text, std::string_view its, std::string_view words) {
    if (words.size() > size && says(text, words)) symptom = its, size = words.size();
  }
};

}  // namespace

std::string_view symptom_said(std::string_view text, const Settings& settings) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  Best best;
  for (const Phrase& phrase : settings.phrases) best.look(lower, phrase.symptom, phrase.words);
  if (best.size > 0) return best.symptom;
  for (const auto& [symptom, words] : built_in) best.look(lower, symptom, words);
  return best.size > 0 ? best.symptom : std::string_view("S99");
}

}  // namespace tocsin
