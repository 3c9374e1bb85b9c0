#pragma once
// What never changes once it was written: timeline entries and closed incidents. They wait here for
// the next checkpoint and are read from the journal afterwards; so does their end.
//
// One writer (the sequencer); any thread may read a View for as long as it likes. A look-up costs
// the same whether a thousand entries wait or millions: entries of incidents whose numbers have the
// same remainder are chained, newest first. No memory is shared with what the writer changes later:
// the heads of the chains are copied page by page at their first change after a view, and entries
// never move.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/model/ids.hpp"

namespace tocsin {

struct ArchiveEntry {
  IncidentNumber incident;   // whose entry it is
  std::string key;           // of the row that it becomes (docs/store.md)
  std::string value;         // of that row
  bool gone = false;         // the row is deleted
  std::uint64_t before = 0;  // the entry before it in its chain, counted from 1; 0: none
};

class Archive {
 public:
  using Chunk = std::vector<ArchiveEntry>;  // reserved to chunk_size: entries never move
  static constexpr std::size_t chunk_size = 1024;

 private:
  static constexpr std::uint32_t chains = 16384, chains_per_page = 256;
  struct Heads {
    std::array<std::uint64_t, chains_per_page> newest{};  // counted from 1; 0: none
  };
  using Index = std::array<std::shared_ptr<Heads>, chains / chains_per_page>;

 public:
  // A reader's part: the entries [first, end) by absolute number.
  class View {
   public:
    std::vector<std::shared_ptr<const Chunk>> chunks;
    std::uint64_t first = 0;  // number of the first entry of chunks[0]
    std::uint64_t end = 0;

    const ArchiveEntry& at(std::uint64_t number) const {
      return (*chunks[(number - first) / chunk_size])[(number - first) % chunk_size];
    }
    const ArchiveEntry* find(IncidentNumber incident, std::string_view key) const;  // the newest
    // By number.
    template <class F>
    void each(F&& f) const {
      for (std::uint64_t i = first; i < end; ++i) f(at(i));
    }
    // Those of one incident, newest first, until f returns false.
    template <class F>
    void each_of(IncidentNumber incident, F&& f) const {
      for (std::uint64_t i = newest(incident); i > first; i = at(i - 1).before)
        if (at(i - 1).incident == incident && !f(at(i - 1))) return;
    }

   private:
    friend class Archive;
    std::uint64_t newest(IncidentNumber incident) const;
    Index index_;
  };

  void add(IncidentNumber incident, std::string key, std::string value);
  void forget(IncidentNumber incident, std::string key);
  View view();
  std::uint64_t end() const { return end_; }
  std::size_t size() const { return static_cast<std::size_t>(end_ - first_); }
  void drop_before(std::uint64_t number);  // they are installed; whole chunks only

 private:
  std::uint64_t& newest(IncidentNumber incident);
  void push(ArchiveEntry entry);

  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::uint64_t first_ = 0, end_ = 0;
  Index index_;
  std::uint64_t own_pages_ = 0;  // bit per page of index_: no view holds it
};

}  // namespace tocsin
