// The words between the daemon and its helpers: whole or nothing, and within limits.

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/net/helper_frame.hpp"

using namespace tocsin;
using Kind = HelperFrame::Kind;
using Next = HelperFrames::Next;

namespace {

std::string u32(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

struct Pair {
  int ends[2];
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0); }
  ~Pair() {
    for (const int end : ends) close(end);
  }
};

FrameDeadline in(int ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

}  // namespace

TEST_CASE("a frame comes back as it was, however it was cut up") {
  const HelperFrame sent{Kind::map, {".a", std::string("\0\n{}", 4), ""}};
  const std::string bytes = encode_frame(sent) + encode_frame({Kind::hello, {}});
  HelperFrames frames;
  HelperFrame got;
  std::vector<HelperFrame> all;
  for (const char c : bytes) {
    frames.append({&c, 1});
    if (frames.next(got) == Next::frame) all.push_back(got);
  }
  REQUIRE(all.size() == 2);
  CHECK(all[0].kind == Kind::map);
  CHECK(all[0].fields == sent.fields);
  CHECK(all[1].kind == Kind::hello);
  CHECK(frames.next(got) == Next::more);
}

TEST_CASE("what is no frame is refused") {
  const std::string kind(1, '\2');
  const std::vector<std::string> broken{
      u32(0),                                        // without a kind
      u32(HelperFrame::frame_bytes_max + 1) + kind,  // too long, and said before it came
      u32(1) + std::string(1, '\0'),
      u32(1) + "\x63",               // kinds that there are not
      u32(4) + kind + "abc",         // half a length
      u32(6) + kind + u32(2) + "x",  // a field longer than its frame
      u32(5 + 4 * HelperFrame::fields_max) + kind + std::string(4 + 4 * HelperFrame::fields_max, 0),
  };
  for (const std::string& bytes : broken) {
    HelperFrames frames;
    HelperFrame got;
    frames.append(bytes);
    CHECK(frames.next(got) == Next::bad);
  }
}

TEST_CASE("reading and writing end by their deadline") {
  Pair pair;
  HelperFrames frames;
  HelperFrame got;
  CHECK(read_frame(pair.ends[0], frames, got, in(10)) == FrameResult::timeout);
  CHECK(write_frame(pair.ends[1], {Kind::failed, {"no"}}, in(1000)) == FrameResult::ok);
  CHECK(read_frame(pair.ends[0], frames, got, in(1000)) == FrameResult::ok);
  CHECK(got.fields.at(0) == "no");
  const HelperFrame large{Kind::map, {std::string(3u << 20, 'x')}};
  CHECK(write_frame(pair.ends[1], large, in(10)) == FrameResult::timeout);
  const HelperFrame too_large{Kind::map, {std::string(HelperFrame::frame_bytes_max, 'x')}};
  CHECK(write_frame(pair.ends[1], too_large, in(10)) == FrameResult::bad);
}

TEST_CASE("the other side that is gone is noticed") {
  Pair pair;
  HelperFrames frames;
  HelperFrame got;
  shutdown(pair.ends[1], SHUT_RDWR);
  CHECK(read_frame(pair.ends[0], frames, got, in(1000)) == FrameResult::closed);
  CHECK(write_frame(pair.ends[0], {Kind::hello, {}}, in(1000)) == FrameResult::closed);
}
