#include "daemon/net/heap.hpp"

#include <malloc.h>

namespace tocsin {
namespace {

constexpr std::size_t large_text_bytes = 1u << 20;

}  // namespace

void set_up_heap() {
  // glibc raises these by itself when large blocks are freed, and then keeps as much: one large
  // body would be held ever after. As numbers they stay where they are: large blocks are given
  // back, and frames and batches, which come thousands of times a second, are not.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 2 << 20);
  // What one thread takes another often frees, and with an arena for nearly each of them the holes
  // add up, to 23 MiB within a quarter of an hour of a mixed load. Fewer arenas have fewer, and
  // down to four no rate is lower.
  mallopt(M_ARENA_MAX, 4);
}

void give_back_heap(std::size_t text_bytes) {
  if (text_bytes >= large_text_bytes) malloc_trim(0);
}

}  // namespace tocsin
