#include "connectors/in/generic_json/generic_json.hpp"

#include "connectors/in/json/walk.hpp"
#include "connectors/in/text/packer.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

// The members that are plain text, in the order of `Item::text`.
enum Field : std::size_t {
  key_,
  ci_,
  summary_,
  description_,
  severity_,
  status_,
  starts_at_,
  ends_at_,
  runbook_url_,
  class_,
  field_count
};
constexpr std::string_view field_names[field_count] = {
    "key",    "ci",        "summary", "description", "severity",
    "status", "starts_at", "ends_at", "runbook_url", "class"};

struct Item {
  std::string_view text[field_count];
};

std::string not_understood(Field field, const Item& item, std::string_view wanted) {
  return "has the " + std::string(field_names[field]) + " '" + printable(item.text[field], 64) +
         "', which is not " + std::string(wanted);
}

class Decoder {
 public:
  Decoder(std::string_view body, Wall received_at) : walk_(body), received_at_(received_at) {
    out_.batch.bytes.reserve(body.size() + 64);
  }

  Decoded run() && {
    if (all()) return std::move(out_);
    Decoded refused;
    refused.failure = walk_.failure();
    refused.message = walk_.message();
    return refused;
  }

 private:
  static AlertPacker& packer() {
    static thread_local AlertPacker own;
    return own;
  }

  bool all() {
    if (!walk_.root_is_array()) {
      Item item;
      packer().clear();
      return walk_.root_object([&](std::string_view name, JsonWalk::Value value) {
        return member(item, name, value);
      }) && settle(0, item);
    }
    return walk_.root_array([this](std::size_t index, JsonWalk::Value value) {
      if (index == Decoded::alerts_max)
        return walk_.too_large("more alerts than one body may have");
      Item item;
      packer().clear();
      return walk_.members(value, [&](std::string_view name, JsonWalk::Value v) {
        return member(item, name, v);
      }) && settle(index, item);
    });
  }

  bool member(Item& item, std::string_view name, JsonWalk::Value value) {
    for (std::size_t i = 0; i < field_count; ++i)
      if (name == field_names[i]) return walk_.scalar(value, item.text[i]);
    if (name != "labels" && name != "annotations") return walk_.skip(value);
    if (walk_.is_null(value)) return walk_.skip(value);
    return walk_.members(value, [&](std::string_view inner, JsonWalk::Value v) {
      std::string_view text;
      if (!walk_.scalar(v, text)) return false;
      name == "labels" ? packer().label(inner, text) : packer().annotation(inner, text);
      return true;
    });
  }

  // Whatever the item says, the body is good: false is never the answer.
  bool settle(std::size_t index, const Item& item) {
    IncomingAlert alert;
    std::string why;
    if (!name_it(item, why) || !class_of(item, alert, why) || !times(item, alert, why) ||
        !packer().pack(out_.batch, alert, why))
      out_.reject(index, why);
    return true;
  }

  // Said outside and inside, it would be a guess which one is meant.
  bool add(const Item& item, Field field, bool as_label, std::string& why) {
    const std::string_view name = field_names[field], value = item.text[field];
    if (value.empty()) return true;
    if (as_label ? packer().has_label(name) : packer().has_annotation(name)) {
      why = "gives " + std::string(name) + " twice, outside and inside its " +
            (as_label ? "labels" : "annotations");
      return false;
    }
    as_label ? packer().label(name, value) : packer().annotation(name, value);
    return true;
  }

  bool name_it(const Item& item, std::string& why) {
    if (!add(item, key_, true, why) || !add(item, ci_, true, why)) return false;
    for (const Field field : {summary_, description_, severity_, runbook_url_})
      if (!add(item, field, false, why)) return false;
    if (packer().has_label("key") || packer().has_label("alertname")) return true;
    if (item.text[summary_].empty())
      return why = "has no key, no summary and no label alertname: nothing says what is wrong",
             false;
    packer().label("alertname", cut_utf8(item.text[summary_], AlertLimits::label_bytes));
    return true;
  }

  bool class_of(const Item& item, IncomingAlert& alert, std::string& why) {
    if (item.text[class_].empty()) return true;
    const auto known = parse<EventClass>(item.text[class_]);
    if (!known)
      return why = not_understood(class_, item, "alert, request, change or heartbeat"), false;
    alert.event_class = *known;
    return true;
  }

  bool time(const Item& item, Field field, Wall& out, std::string& why) {
    if (item.text[field].empty()) return true;
    const auto parsed = parse_rfc3339(item.text[field]);
    if (!parsed) return why = not_understood(field, item, "a time of RFC 3339"), false;
    if (*parsed != go_zero_time) out = *parsed;
    return true;
  }

  // The word decides; without one, an end that has passed does.
  bool times(const Item& item, IncomingAlert& alert, std::string& why) {
    if (!time(item, starts_at_, alert.starts_at, why) || !time(item, ends_at_, alert.ends_at, why))
      return false;
    const std::string_view status = item.text[status_];
    if (!status.empty() && status != "firing" && status != "resolved")
      return why = not_understood(status_, item, "firing or resolved"), false;
    const bool over = alert.ends_at != Wall{} && alert.ends_at <= received_at_;
    alert.resolved = status.empty() ? over : status == "resolved";
    if (alert.resolved && !over) alert.ends_at = received_at_;
    if (!alert.resolved && over) alert.ends_at = {};
    if (alert.ends_at != Wall{} && alert.ends_at < alert.starts_at)
      return why = "ends before it starts", false;
    return true;
  }

  JsonWalk walk_;
  Wall received_at_;
  Decoded out_;
};

Decoded decode(std::string_view body, Wall received_at) {
  return Decoder(body, received_at).run();
}

}  // namespace

const SourceKind generic_json{"generic", decode, {}};

}  // namespace tocsin
