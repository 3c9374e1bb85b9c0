#include "rules/model/matcher_index.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <map>
#include <optional>

#include "rules/model/literals.hpp"

namespace tocsin {
namespace {

// What a list may rest on at once: more values than these, and it rests on something else.
constexpr std::size_t texts_max = 64;
// A longer text is looked for by its end, where names differ; a shorter one than two is everywhere.
constexpr std::size_t part_bytes_max = 24, part_bytes_min = 2;
// Of all that is looked for in values, in bytes: about 40 MB. What comes later is tried always.
constexpr std::size_t nodes_max = 1'000'000;

// Of a thread, 100 KB in all.
constexpr std::size_t memo_max = 1024, remembered_bytes_max = 256;

void sort_once(MatcherIndex::Places& places) {
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
}

std::uint64_t hash_of(std::uint64_t seed, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), seed);
}

}  // namespace

class MatcherIndexBuilder {
 public:
  explicit MatcherIndexBuilder(const std::vector<const std::vector<Matcher>*>& lists)
      : lists_(lists) {}

  std::shared_ptr<const MatcherIndex> run() {
    for (std::size_t i = 0; i < lists_.size(); ++i) collect(static_cast<std::uint32_t>(i));
    for (std::uint32_t i = 0; i < lists_.size(); ++i) rest(i);
    out_->size_ = lists_.size();
    for (const auto* list : lists_) {
      out_->lone_.push_back(list->size() == 1);
      out_->digest_ = hash_of(out_->digest_, std::to_string(list->size()));
      for (const Matcher& m : *list)
        out_->digest_ = hash_of(out_->digest_ + static_cast<std::uint64_t>(m.of), matcher_text(m));
    }
    fill_exact();
    finish(out_->labels_), finish(out_->others_);
    out_->crowd_ = std::max(out_->crowd_, out_->always_.size());
    std::sort(out_->labels_.begin(), out_->labels_.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return std::move(out_);
  }

 private:
  // One condition that a list may rest on: the hashes tell how crowded it is.
  struct Choice {
    std::pair<Matcher::Of, std::string> field;
    bool exact = false;
    std::vector<std::string> texts;
    std::vector<std::uint64_t> keys;
  };

  static std::uint64_t seed_of(const std::pair<Matcher::Of, std::string>& field) {
    return hash_of(static_cast<std::uint64_t>(field.first) + 1, field.second);
  }

  // Nothing: it cannot be rested on, because a missing label or too much else fits it.
  static std::optional<Choice> choice_of(const Matcher& m) {
    Choice out;
    out.field = {m.of, m.label};
    if (m.op == Matcher::Op::equal) out.exact = true, out.texts = {m.value};
    if (m.op == Matcher::Op::matches) {
      Literals known = literals_of(m.value);
      out.exact = known.whole && m.of != Matcher::Of::message;
      out.texts = std::move(known.texts);
    }
    if (out.texts.empty() || out.texts.size() > texts_max) return {};
    for (auto& text : out.texts) {
      if (text.empty() || (!out.exact && text.size() < part_bytes_min)) return {};
      if (!out.exact && text.size() > part_bytes_max) text.erase(0, text.size() - part_bytes_max);
      out.keys.push_back(hash_of(seed_of(out.field) ^ (out.exact ? 0 : 1), text));
    }
    return out;
  }

  void collect(std::uint32_t list) {
    choices_.emplace_back();
    for (const Matcher& m : *lists_[list])
      if (auto choice = choice_of(m)) {
        for (const std::uint64_t key : choice->keys) ++used_[key];
        choices_.back().push_back(std::move(*choice));
      }
  }

  // On the least crowded; of equal ones on values, which are looked up at once.
  void rest(std::uint32_t list) {
    const Choice* best = nullptr;
    std::pair<std::size_t, bool> least{SIZE_MAX, true};
    for (const Choice& choice : choices_[list]) {
      std::size_t most = 0;
      for (const std::uint64_t key : choice.keys) most = std::max(most, used_[key]);
      if (std::pair(most, !choice.exact) < least) least = {most, !choice.exact}, best = &choice;
    }
    if (!best || (!best->exact && nodes_ > nodes_max)) return out_->always_.push_back(list);
    MatcherIndex::Field& field = field_of(best->field);
    for (std::size_t i = 0; i < best->texts.size(); ++i) {
      out_->crowd_ = std::max(out_->crowd_, ++resting_[best->keys[i]]);
      if (best->exact) {
        field.exact = true;
        exact_.emplace_back(hash_of(field.seed, best->texts[i]), list);
      } else {
        field.parts.add(best->texts[i], list);
        nodes_ += best->texts[i].size();
      }
    }
  }

  MatcherIndex::Field& field_of(const std::pair<Matcher::Of, std::string>& of) {
    auto& fields = of.first == Matcher::Of::label ? out_->labels_ : out_->others_;
    const auto [it, fresh] = fields_.emplace(of, fields.size());
    if (fresh) {
      fields.emplace_back();
      fields.back().of = of.first, fields.back().name = of.second;
      fields.back().seed = seed_of(of);
    }
    return fields[it->second];
  }

  void fill_exact() {
    std::sort(exact_.begin(), exact_.end());
    out_->places_.reserve(exact_.size());
    for (std::size_t i = 0; i < exact_.size();) {
      const std::uint64_t key = exact_[i].first;
      const auto begin = static_cast<std::uint32_t>(out_->places_.size());
      for (; i < exact_.size() && exact_[i].first == key; ++i)
        out_->places_.push_back(exact_[i].second);
      out_->exact_[key] = {begin, static_cast<std::uint32_t>(out_->places_.size())};
    }
  }

  static void finish(std::vector<MatcherIndex::Field>& fields) {
    for (auto& field : fields) field.parts.build();
  }

  const std::vector<const std::vector<Matcher>*>& lists_;
  std::shared_ptr<MatcherIndex> out_ = std::make_shared<MatcherIndex>();
  std::vector<std::vector<Choice>> choices_;
  absl::flat_hash_map<std::uint64_t, std::size_t> used_;  // by how many lists it could be
  absl::flat_hash_map<std::uint64_t, std::size_t> resting_;
  std::map<std::pair<Matcher::Of, std::string>, std::size_t> fields_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> exact_;
  std::size_t nodes_ = 0;
};

std::shared_ptr<const MatcherIndex> MatcherIndex::compile(
    const std::vector<const std::vector<Matcher>*>& lists) {
  return MatcherIndexBuilder(lists).run();
}

void MatcherIndex::look(const Field& field, std::uint64_t hash, std::string_view value,
                        Places& found) const {
  if (field.exact) {
    const auto it = exact_.find(hash);
    if (it != exact_.end())
      found.insert(found.end(), places_.begin() + it->second.begin,
                   places_.begin() + it->second.end);
  }
  if (!field.parts.empty())
    field.parts.find(value, [&](std::uint32_t place) { found.push_back(place); });
}

template <class Look>
void MatcherIndex::each_value(const Subject& subject, Look&& look) const {
  if (!labels_.empty()) {  // both are in the order of their names
    auto field = labels_.begin();
    subject.text.each_label([&](std::string_view name, std::string_view value) {
      while (field != labels_.end() && field->name.compare(name) < 0) ++field;
      if (field != labels_.end() && field->name == name) look(*field, value);
    });
  }
  for (const Field& field : others_)
    if (const auto value = value_of(field.of, field.name, subject); !value.empty())
      look(field, value);
}

void MatcherIndex::find(const Subject& subject, Places& found) const {
  each_value(subject, [&](const Field& field, std::string_view value) {
    look(field, hash_of(field.seed, value), value, found);
  });
  sort_once(found);
}

// Values come again and again, above all the names of alerts: what one leads to is remembered, and
// lists of one matcher are tried at once, since nothing else decides on them. Per thread, and only
// ever what look() says. What is found is twice its place, and one more when it is known to fit.
void MatcherIndex::look_again(const Field& field, std::string_view value, const Lists& lists,
                              Places& found) const {
  struct Known {
    std::uint64_t digest = 0, hash = 0;
    std::string value;
    std::vector<std::uint32_t> found;
  };
  static thread_local std::vector<Known> memo(memo_max);
  const std::uint64_t hash = hash_of(field.seed, value);
  Known& known = memo[hash & (memo_max - 1)];
  if (known.digest != digest_ || known.hash != hash || known.value != value) {
    Places places;
    look(field, hash, value, places);
    known.digest = digest_, known.hash = hash, known.value = value, known.found.clear();
    for (const std::uint32_t place : places)
      if (!lone_[place])
        known.found.push_back(place << 1);
      else if (matches_value(lists(place).front(), value))
        known.found.push_back(place << 1 | 1);
  }
  found.insert(found.end(), known.found.begin(), known.found.end());
}

std::int32_t MatcherIndex::first_of(const Subject& subject, const Lists& lists) const {
  Places found;
  each_value(subject, [&](const Field& field, std::string_view value) {
    if (!field.parts.empty() && value.size() <= remembered_bytes_max)
      return look_again(field, value, lists, found);
    const std::size_t before = found.size();
    look(field, hash_of(field.seed, value), value, found);
    for (std::size_t i = before; i < found.size(); ++i) found[i] <<= 1;
  });
  sort_once(found);
  std::size_t next = 0;
  const auto always_before = [&](std::uint32_t place) {
    for (; next < always_.size() && always_[next] < place; ++next)
      if (matches_all(lists(always_[next]), subject)) return true;
    return false;
  };
  for (const std::uint32_t entry : found) {
    const std::uint32_t place = entry >> 1;
    if (always_before(place)) return static_cast<std::int32_t>(always_[next]);
    if ((entry & 1) || matches_all(lists(place), subject)) return static_cast<std::int32_t>(place);
  }
  return always_before(UINT32_MAX) ? static_cast<std::int32_t>(always_[next]) : -1;
}

void index_matchers(Settings& settings) {
  std::vector<const std::vector<Matcher>*> lists;
  for (const Rule& rule : settings.rules) lists.push_back(&rule.match);
  settings.rule_index = MatcherIndex::compile(lists);
  lists.clear(), settings.ci_places.clear();
  for (std::size_t i = 0; i < settings.cis.size(); ++i) {
    if (settings.cis[i].match.empty()) continue;
    lists.push_back(&settings.cis[i].match);
    settings.ci_places.push_back(static_cast<std::uint32_t>(i));
  }
  settings.ci_index = MatcherIndex::compile(lists);
}

}  // namespace tocsin
