#include "rules/model/archive.hpp"

#include <utility>

namespace tocsin {

std::uint64_t& Archive::newest(IncidentNumber incident) {
  static_assert(std::tuple_size_v<Index> == 64, "own_pages_ has a bit for each page");
  const std::uint32_t chain = incident.value % chains;
  const std::uint32_t page = chain / chains_per_page;
  const std::uint64_t bit = std::uint64_t{1} << page;
  if (!(own_pages_ & bit)) {
    index_[page] =
        index_[page] ? std::make_shared<Heads>(*index_[page]) : std::make_shared<Heads>();
    own_pages_ |= bit;
  }
  return index_[page]->newest[chain % chains_per_page];
}

void Archive::add(IncidentNumber incident, std::string key, std::string value) {
  push({incident, std::move(key), std::move(value), false, 0});
}

void Archive::forget(IncidentNumber incident, std::string key) {
  push({incident, std::move(key), {}, true, 0});
}

void Archive::push(ArchiveEntry entry) {
  if (chunks_.empty() || chunks_.back()->size() == chunk_size) {
    chunks_.push_back(std::make_shared<Chunk>());
    chunks_.back()->reserve(chunk_size);
  }
  std::uint64_t& head = newest(entry.incident);
  entry.before = head;
  chunks_.back()->push_back(std::move(entry));
  head = ++end_;
}

Archive::View Archive::view() {
  View out;
  out.chunks.assign(chunks_.begin(), chunks_.end());
  out.first = first_;
  out.end = end_;
  out.index_ = index_;
  own_pages_ = 0;
  return out;
}

void Archive::drop_before(std::uint64_t number) {
  std::size_t whole = 0;
  while (whole < chunks_.size() && first_ + (whole + 1) * chunk_size <= number) ++whole;
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(whole));
  first_ += whole * chunk_size;
}

std::uint64_t Archive::View::newest(IncidentNumber incident) const {
  const std::uint32_t chain = incident.value % chains;
  const Heads* heads = index_[chain / chains_per_page].get();
  return heads ? heads->newest[chain % chains_per_page] : 0;
}

const ArchiveEntry* Archive::View::find(IncidentNumber incident, std::string_view key) const {
  const ArchiveEntry* found = nullptr;
  each_of(incident, [&](const ArchiveEntry& entry) {
    if (entry.key == key) found = &entry;
    return !found;
  });
  return found;
}

}  // namespace tocsin
