#pragma once
// A slab of rows with cheap snapshots: pages of 64 rows, copied at their first change after a
// snapshot.
//
// One writer (the sequencer). A snapshot is a copy of the page table; its pages are immutable from
// then on and may be read by any thread. Slots are private to memory: rows are named by serial or
// number everywhere else, so the order in which slots are given out never reaches a byte.

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "rules/model/planted.hpp"

namespace tocsin {

template <class Row>
class Table {
 public:
  static constexpr std::uint32_t rows_per_page = 64;
  struct Page {
    std::uint64_t generation = 0;
    std::uint64_t used = 0;  // bit per row
    std::array<Row, rows_per_page> rows{};
  };
  using Pages = std::vector<std::shared_ptr<Page>>;

  // Read side, shared by state and snapshot.
  class View {
   public:
    View() = default;
    View(Pages pages, std::size_t size) : pages_(std::move(pages)), size_(size) {}
    std::size_t size() const { return size_; }
    std::uint32_t slots() const {
      return static_cast<std::uint32_t>(pages_.size() * rows_per_page);
    }
    bool used(std::uint32_t slot) const {
      return slot < slots() && (pages_[slot / rows_per_page]->used >> (slot % rows_per_page) & 1u);
    }
    const Row& at(std::uint32_t slot) const {
      return pages_[slot / rows_per_page]->rows[slot % rows_per_page];
    }
    template <class F>
    void each(F&& f) const {
      for (std::uint32_t p = 0; p < pages_.size(); ++p)
        for (std::uint64_t bits = pages_[p]->used; bits; bits &= bits - 1) {
          const auto i = static_cast<std::uint32_t>(__builtin_ctzll(bits));
          f(p * rows_per_page + i, pages_[p]->rows[i]);
        }
    }

   protected:
    Pages pages_;
    std::size_t size_ = 0;
  };

  const View& view() const { return view_; }
  std::size_t size() const { return view_.size_; }
  bool used(std::uint32_t slot) const { return view_.used(slot); }
  const Row& at(std::uint32_t slot) const { return view_.at(slot); }
  template <class F>
  void each(F&& f) const {
    view_.each(f);
  }

  std::uint32_t insert(const Row& row) {
    std::uint32_t slot;
    if (!free_.empty()) {
      slot = free_.back();
      free_.pop_back();
    } else {
      slot = next_++;
      if (slot / rows_per_page >= view_.pages_.size()) {
        view_.pages_.push_back(std::make_shared<Page>());
        view_.pages_.back()->generation = generation_;
        dirty_bits_.push_back(0);
      }
    }
    Page& page = writable(slot);
    page.used |= bit(slot);
    page.rows[slot % rows_per_page] = row;
    ++view_.size_;
    mark(slot);
    return slot;
  }
  // Valid until the next call on this table.
  Row& change(std::uint32_t slot) {
    mark(slot);
    return writable(slot).rows[slot % rows_per_page];
  }
  void erase(std::uint32_t slot) {
    Page& page = writable(slot);
    page.used &= ~bit(slot);
    page.rows[slot % rows_per_page] = Row{};
    --view_.size_;
    free_.push_back(slot);
  }

  // From now on the pages as they are belong to the snapshot.
  View snapshot() {
    ++generation_;
    return view_;
  }

  // Slots changed since the last call, each once; the caller turns them into rows of a checkpoint.
  std::vector<std::uint32_t> take_dirty() {
    for (std::uint32_t slot : dirty_) dirty_bits_[slot / rows_per_page] &= ~bit(slot);
    return std::exchange(dirty_, {});
  }
  void give_back_dirty(const std::vector<std::uint32_t>& slots) {
    for (std::uint32_t slot : slots) mark(slot);
  }
  std::size_t dirty() const { return dirty_.size(); }
  void clear_dirty() { take_dirty(); }

 private:
  struct OwnView : View {
    using View::pages_;
    using View::size_;
  };
  static std::uint64_t bit(std::uint32_t slot) {
    return std::uint64_t{1} << (slot % rows_per_page);
  }
  Page& writable(std::uint32_t slot) {
    auto& page = view_.pages_[slot / rows_per_page];
    if (page->generation != generation_ && !planted("row_from_live_state")) {
      auto copy = std::make_shared<Page>(*page);
      copy->generation = generation_;
      page.swap(copy);  // the snapshot's own reference keeps the old page alive
    }
    return *page;
  }
  void mark(std::uint32_t slot) {
    std::uint64_t& bits = dirty_bits_[slot / rows_per_page];
    if (bits & bit(slot)) return;
    bits |= bit(slot);
    dirty_.push_back(slot);
  }

  OwnView view_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_ = 0;
  std::uint64_t generation_ = 0;
  std::vector<std::uint32_t> dirty_;
  std::vector<std::uint64_t> dirty_bits_;
};

}  // namespace tocsin
