#include "connectors/out/terminal/terminal.hpp"

#include "connectors/out/text/page_text.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

Delivery encode(const SendOrder& order) {
  Delivery out;
  out.kind = Delivery::Kind::print;
  const std::string whom = printable(order.person.empty() ? order.channel : order.person, 80);
  out.body = "---- " + std::string(name(order.kind)) + " to " + whom + ", " +
             people_text(order.now, order.zone.get()) + " ----\n" + page_text(order);
  return out;
}

}  // namespace

const ChannelKind terminal_channel{
    .name = "terminal", .encode = encode, .read = nullptr, .settings = {}, .this_machine = true};

}  // namespace tocsin
