#pragma once
// What glibc's heap is told, so that memory that is let go of is not kept ever after.

namespace tocsin {

// Once, before the first thread.
void set_up_heap();
// What was let go of since, all of it: after a large configuration its holes are everywhere, and
// glibc gives back by itself what is at the end only. Takes tens of milliseconds, in which threads
// that share an arena may wait for it.
void give_back_heap();

}  // namespace tocsin
