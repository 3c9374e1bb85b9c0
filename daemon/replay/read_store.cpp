#include "daemon/replay/read_store.hpp"

#include <memory>

#include "daemon/engine/recover.hpp"
#include "daemon/replay/record_reader.hpp"

namespace tocsin {

StoreRecord read_store(Journal& journal, Span since) {
  StoreRecord out;
  const auto head = std::make_unique<State>();
  Checkpointer checkpointer;
  const Recovered found = recover(journal, *head, checkpointer);
  if (!found.ok || found.opened.head == 0) {
    out.wrong = found.ok ? "the store is empty" : found.message;
    return out;
  }
  out.config_text = head->config_text();
  const Instant end = head->globals().at;
  RecordReader reader(*head, end - since);
  const bool whole = read_log(journal, found.opened.marker, 1, [&](const FrameRecord& frame) {
    PayloadReader payload(frame.payload);
    bool go_on = true;
    for (FactView fact; go_on && payload.next(fact);) go_on = reader.fact(fact);
    if (payload.damaged()) out.wrong = "frame " + std::to_string(frame.seq) + " cannot be read";
    return go_on && out.wrong.empty();
  });
  if (!whole && out.wrong.empty()) out.wrong = "the log has a hole";
  if (out.wrong.empty()) out.record = reader.finish(end);
  return out;
}

}  // namespace tocsin
