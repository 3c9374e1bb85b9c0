#include "rules/model/places.hpp"

#include <algorithm>

namespace tocsin {

std::string to_text(const Place& place) {
  switch (place.kind) {
    case Place::Kind::file:
      return place.file + (place.line > 0 ? ":" + std::to_string(place.line) : "") + " (" +
             place.key + ")";
    case Place::Kind::standard:
      return "default of Tocsin; " + place.key + " overrides it";
    case Place::Kind::stored:
      break;
  }
  return place.key + " of the configuration that the store remembers: the file was not usable";
}

void Places::add(std::string key, const std::string& file, int line) {
  // Keys come file by file, so the last one is the one nearly always.
  auto it = std::find(files_.rbegin(), files_.rend(), file);
  if (it == files_.rend()) files_.push_back(file), it = files_.rbegin();
  entries_.push_back({std::move(key), static_cast<std::uint32_t>(files_.rend() - it - 1), line});
}

void Places::sort() {
  const auto by_key = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  std::stable_sort(entries_.begin(), entries_.end(), by_key);
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [](const Entry& a, const Entry& b) { return a.key == b.key; }),
                 entries_.end());
  entries_.shrink_to_fit();
}

void Places::forget(const std::string& file) {
  std::erase_if(entries_, [&](const Entry& e) { return files_[e.file] == file; });
}

Place Places::of(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    const auto it = std::lower_bound(entries_.begin(), entries_.end(), key,
                                     [](const Entry& e, std::string_view k) { return e.key < k; });
    if (it == entries_.end() || it->key != key) continue;
    return stored_ ? Place{Place::Kind::stored, std::string(key), {}, 0}
                   : Place{Place::Kind::file, std::string(key), files_[it->file], it->line};
  }
  Place out;
  out.key = keys.size() ? std::string(*keys.begin()) : "";
  if (stored_) out.kind = Place::Kind::stored;
  return out;
}

}  // namespace tocsin
