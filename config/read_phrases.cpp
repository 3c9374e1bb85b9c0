// The section phrases: what people say, as symptoms.
#include "config/compiler.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t phrases_max = 1000, phrase_bytes_max = 64;

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

}  // namespace

void Compiler::phrases(Reader& root) {
  for (const auto& node : root.items("phrases")) {
    Reader item(node, "a phrase", report_);
    std::string symptom;
    item.required("symptom");
    symptom_of(item, symptom);
    const std::vector<Word> words = item.words("words");
    item.finish();
    if (words.empty() && item.ok()) report_.error(item.mark(), "a phrase has words");
    for (const Word& word : words) {
      if (word.text.empty() || word.text.size() > phrase_bytes_max)
        report_.error(word.mark, "a phrase has 1 to 64 bytes");
      settings.phrases.push_back({symptom, lower_case(word.text)});
    }
  }
  if (settings.phrases.size() > phrases_max)
    report_.error(top_, "there are more than 1000 phrases");
}

}  // namespace tocsin::config
