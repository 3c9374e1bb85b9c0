#include "daemon/engine/recover.hpp"

#include <algorithm>

#include "rules/fold.hpp"
#include "rules/model/planted.hpp"
#include "rules/model/row_codec.hpp"

namespace tocsin {
namespace {

bool is_live(char table) {
  return table == alert_prefix || table == incident_prefix || table == page_prefix ||
         table == silence_prefix || table == heartbeat_prefix || table == request_prefix;
}

// Whether this version knows all facts that may stand in the log from here on.
bool readable(const State& state, Recovered& out) {
  if (state.globals().format <= fact_format) return true;
  out.message = "the store was written by a newer version: its facts are of format " +
                std::to_string(state.globals().format) + ", and this version reads up to format " +
                std::to_string(fact_format);
  return false;
}

// Step 5: one scan of the live rows. False, with a sentence, when the checkpoint is not what its
// marker says.
bool load_rows(Journal& journal, State& state, Checkpointer& checkpointer, Recovered& out) {
  bool ok = true;
  if (MarkerBody body; decode(out.opened.marker.body, body))
    RowCodec::loading(state, body.digests.alerts.rows, body.digests.incidents.rows);
  for (char table : {alert_prefix, incident_prefix, page_prefix, silence_prefix, heartbeat_prefix,
                     request_prefix, globals_prefix, totals_prefix, config_prefix, counts_prefix})
    journal.scan_rows(std::string(1, table), [&](std::string_view key, std::string_view value) {
      std::uint32_t slot = no_slot;
      if (!RowCodec::load(state, key, value, slot)) return ok = false;
      if (is_live(table)) checkpointer.loaded(table, slot, row_hash(key, value));
      ++out.rows;
      return true;
    });
  RowCodec::loaded(state);
  if (!readable(state, out)) return false;
  if (!ok) {
    out.message = "a row of the checkpoint cannot be read";
    return false;
  }
  MarkerBody body;
  if (!decode(out.opened.marker.body, body) ||
      (body.digests != checkpointer.digests() && !planted("rows_unchecked")) ||
      state.globals().seq != out.opened.marker.seq) {
    out.message = "the rows of the checkpoint at " + std::to_string(out.opened.marker.seq) +
                  " are not those of its marker";
    return false;
  }
  return true;
}

bool fold_tail(Journal& journal, State& state, std::uint64_t until, Recovered& out) {
  bool ok = true;
  const bool complete =
      journal.read_frames(out.opened.marker.seq + 1, [&](const FrameRecord& frame) {
        if (frame.seq > until) return false;
        ok = fold_frame(state, frame.seq, frame.payload);
        if (!ok)
          out.message = "frame " + std::to_string(frame.seq) +
                        " cannot be folded: it is of a newer version, or damaged";
        ++out.frames;
        return ok = ok && readable(state, out);
      });
  if (ok && !complete)
    out.message = "the log has a hole after frame " + std::to_string(state.globals().seq);
  return ok && complete;
}

}  // namespace

Recovered recover(Journal& journal, State& state, Checkpointer& checkpointer, std::uint64_t until) {
  Recovered out;
  out.opened = journal.open();
  if (out.opened.trouble != OpenTrouble::none && out.opened.trouble != OpenTrouble::loss) {
    out.locked = out.opened.trouble == OpenTrouble::locked;
    out.message = out.opened.detail;
    return out;
  }
  if (out.opened.marker.seq > 0 && !load_rows(journal, state, checkpointer, out)) return out;
  if (out.opened.head > out.opened.marker.seq && !fold_tail(journal, state, until, out)) return out;
  out.next_seq = std::max(out.opened.next_seq, state.globals().seq + 1);
  if (planted("sequence_reused_after_loss")) out.next_seq = out.opened.head + 1;
  out.ok = true;
  out.message = "checkpoint " + std::to_string(out.opened.marker.seq) + ", head " +
                std::to_string(out.opened.head) + ", " + std::to_string(out.rows) + " rows, " +
                std::to_string(out.frames) + " frames folded";
  return out;
}

bool read_log(Journal& journal, const Marker& marker, std::uint64_t from,
              const std::function<bool(const FrameRecord&)>& each) {
  bool any = false;
  const bool whole = journal.read_frames(from, [&](const FrameRecord& frame) {
    any = true;
    return each(frame);
  });
  if (whole || any || from > marker.trimmed_to) return whole;
  return journal.read_frames(marker.trimmed_to + 1, each);
}

}  // namespace tocsin
