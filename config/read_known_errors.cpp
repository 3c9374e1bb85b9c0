// The section known_errors, and who may not read everything: what is found out about an incident
// besides its category.
#include <algorithm>

#include "config/compiler.hpp"
#include "rules/model/known_error.hpp"
#include "rules/model/silence.hpp"

namespace tocsin::config {
namespace {

constexpr std::size_t id_bytes_max = 64;

}  // namespace

void Compiler::known_errors(Reader& root) {
  for (const auto& node : root.items("known_errors")) {
    Reader item(node, "a known error", report_);
    KnownError error;
    const auto id = identity(item, "id", "known error");
    if (const auto word = item.required("workaround")) error.workaround = word->text;
    if (error.workaround.size() > KnownErrorLimits::workaround_bytes)
      report_.error(item.find("workaround")->mark, "workaround has at most 512 bytes");
    error.match = matchers(item, "match");
    const Node* match = item.find("match");
    if (SilenceIndex::fits_everything(error.match) && item.ok())
      report_.error(match ? match->mark : item.mark(),
                    "a known error has a match that not everything fits");
    item.boolean("automated", error.automated);
    item.finish();
    if (!id) continue;
    if (id->size() > id_bytes_max) report_.error(item.mark(), "an id has at most 64 bytes");
    error.id = *id;
    known_error_marks_[error.id] = item.mark();
    settings.known_errors.push_back(std::move(error));
  }
  if (settings.known_errors.size() > KnownErrorLimits::known_errors)
    report_.error(top_, "there are more than 10000 known errors");
}

void Compiler::compile_known_errors() {
  for (const auto& [id, why] : index_known_errors(settings))
    report_.error(known_error_marks_[id], why);
}

// Subcategories by their names, of whatever category.
void Compiler::restricted(Reader& section) {
  if (section.find("restricted_readers"))
    settings.restricted_readers = refer_all(Kind::group, section.words("restricted_readers"));
  if (!section.find("restricted_subcategories")) return;
  std::vector<std::string> known;
  for (const auto& [category, subcategories] : settings.tree.categories)
    known.insert(known.end(), subcategories.begin(), subcategories.end());
  auto& out = settings.restricted_subcategories;
  out.clear();
  for (const Word& word : section.words("restricted_subcategories")) {
    if (std::find(known.begin(), known.end(), word.text) == known.end())
      report_.error(word.mark,
                    "unknown subcategory '" + word.text + "'" + did_you_mean(word.text, known));
    out.push_back(word.text);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace tocsin::config
