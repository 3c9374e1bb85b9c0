// Any bytes as a record of the log and as a marker: unknown, or written back as the same bytes, if
// they were not packed; what was packed is read again as what it was. Whatever stands in them,
// asking whether they continue a history is safe.
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/journal/frame.hpp"
#include "tests/fuzz/expect.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin::store;
  using tocsin::fuzz::expect;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  if (const auto marker = parse_marker(value))
    expect(encode_marker(*marker) == value, "a marker is written back");

  std::string room;
  auto frame = parse_frame(size, value, room);
  if (!frame) return 0;
  FramePacker packer;
  const StoredFrame stored = packer.pack(*frame);
  std::string again(stored.header);
  again += stored.body;
  if (value[0] == 1 && !packer.packed()) expect(again == value, "a frame is written back");
  std::string other_room;
  const auto reread = parse_frame(size, again, other_room);
  expect(reread && reread->record.payload == frame->record.payload && reread->link == frame->link &&
             reread->previous == frame->previous && reread->record.chain == frame->record.chain,
         "a frame is read as it was written");
  (void)follows(frame->previous, *frame);
  (void)starts_at(frame->previous.seq, *frame);
  // With the chain that belongs to it: whole exactly where its link is possible.
  auto& r = frame->record;
  r.chain = tocsin::chain_of(frame->previous.chain, r.seq, r.epoch, r.uid, r.payload);
  const std::uint64_t before = frame->previous.seq;
  const bool possible =
      frame->link == Link::next ? before + 1 == r.seq && r.seq > 0 : before < r.seq;
  expect(is_whole(*frame) == possible, "a frame is whole where its link is possible");
  if (possible) expect(follows(frame->previous, *frame), "a whole frame follows its own");
  return 0;
}
