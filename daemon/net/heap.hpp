#pragma once
// What glibc's heap is told, so that memory that is let go of is not kept ever after.

#include <cstddef>

namespace tocsin {

// Once, before the first thread.
void set_up_heap();
// After a configuration of so many bytes was let go of: when it is large its holes are everywhere,
// and glibc gives back by itself what is at the end only. Takes tens of milliseconds, in which
// threads that share an arena may wait for it, so nothing is done for a small one.
void give_back_heap(std::size_t text_bytes);

}  // namespace tocsin
