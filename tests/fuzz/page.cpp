// Any texts in a page, through the channel that the first byte chooses: no header, file name,
// argument or JSON is broken out of, and no template is left open.
#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/registry.hpp"
#include "tests/fuzz/expect.hpp"

namespace {

using namespace tocsin;
using namespace tocsin::fuzz;

// Settings are a person's own file, texts are anybody's.
SendOrder order_of(Parts& parts) {
  SendOrder o;
  o.kind = static_cast<PageKind>(parts.byte() % EnumTable<PageKind>::count);
  o.why = static_cast<WhyPage>(parts.byte() % EnumTable<WhyPage>::count);
  o.cycle = parts.byte() + 1u, o.repeat = parts.byte() % 4u;
  o.page = PageId(7), o.attempt = 1, o.epoch = Epoch(3), o.key = {1, 2};
  o.incident = IncidentNumber(12), o.person = "bob", o.email = "bob@example.org";
  o.channel = "pager", o.instance_name = "tocsin";
  o.channel_settings = {{"directory", "mailbox"},
                        {"from", "tocsin@example.org"},
                        {"url", "https://hooks.example.org/tocsin"},
                        {"host", "mail.example.org"},
                        {"path", "/run/log.sock"},
                        {"program", "/bin/true"},
                        {"secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}};
  o.since = Wall{1'773'233'400'000}, o.now = Wall{1'773'233'460'500};
  for (std::string SendOrder::*field :
       {&SendOrder::title, &SendOrder::summary, &SendOrder::ci, &SendOrder::service,
        &SendOrder::runbook, &SendOrder::link, &SendOrder::category, &SendOrder::impact,
        &SendOrder::group, &SendOrder::owner})
    o.*field = parts.text();
  return o;
}

// Its lines are "Name: value" or go on with a blank, and the names are those we write.
void mail_head(std::string_view mail) {
  static constexpr std::string_view ours[] = {"Message-ID",
                                              "In-Reply-To",
                                              "References",
                                              "Date",
                                              "From",
                                              "To",
                                              "Subject",
                                              "Auto-Submitted",
                                              "Importance",
                                              "X-Tocsin-",
                                              "MIME-Version",
                                              "Content-Type",
                                              "Content-Transfer-Encoding"};
  const std::size_t end = mail.find("\r\n\r\n");
  expect(end != mail.npos, "a mail has a head");
  for (std::string_view rest = mail.substr(0, end + 2); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    expect(one_line(line) && line.size() <= 998, "a line of a mail's head is a line");
    expect(line.starts_with(' ') || std::any_of(std::begin(ours), std::end(ours),
                                                [&](auto name) { return line.starts_with(name); }),
           "a header of a mail is one of ours");
  }
}

void printed(std::string_view text) {
  for (const char c : text)
    expect(c == '\n' || static_cast<unsigned char>(c) >= 0x20, "no text moves a cursor");
}

void http(const Delivery& d) {
  expect(d.url.starts_with("https://hooks.example.org/"), "a request goes where it was to go");
  bool json = false;
  for (const auto& [name, value] : d.headers) {
    expect(one_line(name) && one_line(value), "a field of a request is a line");
    json = json || (name == "Content-Type" && value.starts_with("application/json"));
  }
  if (!json) return;
  simdjson::dom::parser parser;
  expect(parser.parse(d.body).error() == simdjson::SUCCESS, "a body of JSON is JSON");
}

void judge(const Delivery& d) {
  switch (d.kind) {
    case Delivery::Kind::http:
      return http(d);
    case Delivery::Kind::mail:
      return mail_head(d.body);
    case Delivery::Kind::file:
      expect(d.directory == "mailbox" && d.file_name.find('/') == d.file_name.npos &&
                 one_line(d.file_name),
             "a file stays in its folder");
      return mail_head(d.body);
    case Delivery::Kind::print:
      return printed(d.body);
    case Delivery::Kind::datagram:
      return expect(d.body.find('\0') == d.body.npos, "a datagram is text");
    case Delivery::Kind::run:
      for (const auto& list : {d.arguments, d.environment})
        for (const std::string& word : list)
          expect(word.find('\0') == word.npos, "a word for a program ends where it ends");
      return;
    case Delivery::Kind::none:
      return expect(!d.body.empty(), "what cannot be sent has a reason");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Decoders take UTF-8 only.
  const char* text = reinterpret_cast<const char*>(data);
  if (size > 16384 || !simdjson::validate_utf8(text, size)) return 0;
  Parts parts({text, size});
  const ChannelKind& kind = channel_kinds()[parts.byte() % channel_kinds().size()];
  SendOrder order = order_of(parts);
  order.channel_kind = kind.name;
  judge(kind.encode(order));
  return 0;
}
