#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "connectors/in/syslog/framing.hpp"

using namespace tocsin;
using Failure = SyslogFraming::Failure;
using Mode = SyslogFraming::Mode;

namespace {

struct Cut {
  std::vector<std::string> messages;
  Failure failure = Failure::none;
  bool operator==(const Cut&) const = default;
};

// The whole stream in pieces of `piece` bytes, to its end.
Cut cut(std::string_view stream, std::size_t piece, std::size_t limit = 64,
        Mode mode = Mode::detect) {
  SyslogFraming framing(limit, mode);
  Cut out;
  const auto each = [&](std::string_view m) { out.messages.emplace_back(m); };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    out.failure = framing.feed(stream.substr(at, piece), each);
    CHECK(framing.waiting() <= limit);
  }
  out.failure = framing.end(each);
  return out;
}

// However it is cut into pieces, it is the same.
Cut any_cut(std::string_view stream, std::size_t limit = 64, Mode mode = Mode::detect) {
  const Cut whole = cut(stream, stream.size() + 1, limit, mode);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece)
    CHECK(cut(stream, piece, limit, mode) == whole);
  return whole;
}

}  // namespace

TEST_CASE("syslog framing: lines") {
  CHECK(any_cut("<1>a\n<2>b\r\n\n<3>c") == Cut{{"<1>a", "<2>b", "<3>c"}, Failure::none});
  CHECK(any_cut("Mar 1 x\n12 not a length\n") == Cut{{"Mar 1 x", "12 not a length"}, {}});
  CHECK(any_cut("") == Cut{});
  CHECK(any_cut("\n\n\r\n") == Cut{});
}

TEST_CASE("syslog framing: octet counting") {
  CHECK(any_cut("4 <1>a5 <2>bc") == Cut{{"<1>a", "<2>bc"}, Failure::none});
  CHECK(any_cut("8 <1>a\nb\nc") == Cut{{"<1>a\nb\nc"}, Failure::none});
  // A digit inside decides nothing.
  CHECK(any_cut("5 12345") == Cut{{"12345"}, Failure::none});
}

TEST_CASE("syslog framing: nothing is guessed") {
  CHECK(any_cut("4 <1>a<2>b\n") == Cut{{"<1>a"}, Failure::bad_length});
  CHECK(any_cut("4 <1>a\n4 <2>b") == Cut{{"<1>a"}, Failure::bad_length});
  CHECK(any_cut("04 <1>a") == Cut{{}, Failure::bad_length});
  CHECK(any_cut("0 ") == Cut{{}, Failure::bad_length});
  CHECK(any_cut("4x<1>a") == Cut{{}, Failure::bad_length});
  CHECK(any_cut("4  <1>a") == Cut{{" <1>"}, Failure::bad_length});
  CHECK(any_cut("65 <1>a") == Cut{{}, Failure::too_long});
  CHECK(any_cut("99999999999999999999999999 <1>a") == Cut{{}, Failure::too_long});
  CHECK(any_cut("10 <1>a") == Cut{{}, Failure::cut_off});
  CHECK(any_cut("10") == Cut{{}, Failure::cut_off});
  CHECK(any_cut("<1>a\n<2>" + std::string(64, 'x') + "\n<3>c\n") ==
        Cut{{"<1>a"}, Failure::too_long});
  CHECK(any_cut(std::string(64, 'x') + "\n") == Cut{{std::string(64, 'x')}, Failure::none});
}

TEST_CASE("syslog framing: an end that was told is not looked for") {
  CHECK(any_cut("12 monkeys\n4 <1>a\n", 64, Mode::line_feed) ==
        Cut{{"12 monkeys", "4 <1>a"}, Failure::none});
  CHECK(any_cut("<1>a\n", 64, Mode::octet_counting) == Cut{{}, Failure::bad_length});
}

TEST_CASE("syslog framing: after a failure nothing is heard any more") {
  SyslogFraming framing;
  int heard = 0;
  const auto each = [&](std::string_view) { ++heard; };
  CHECK(framing.feed("0", each) == Failure::bad_length);
  CHECK(framing.feed("4 <1>a", each) == Failure::bad_length);
  CHECK(framing.end(each) == Failure::bad_length);
  CHECK(heard == 0);
  CHECK(framing.waiting() == 0);
}

TEST_CASE("syslog framing: a message that comes byte by byte is looked at once") {
  SyslogFraming framing(1u << 20);
  std::size_t heard = 0;
  const auto each = [&](std::string_view m) { heard = m.size(); };
  const std::string byte(1, 'x');
  for (int i = 0; i < 1 << 20; ++i) framing.feed(byte, each);
  CHECK(framing.feed("\n", each) == Failure::none);
  CHECK(heard == 1u << 20);
}
