#include "connectors/in/alertmanager_v2/alertmanager_v2.hpp"

#include "connectors/in/json/walk.hpp"
#include "connectors/in/text/packer.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

struct Times {
  std::optional<Wall> starts_at, ends_at;
};

class Decoder {
 public:
  Decoder(std::string_view body, Wall received_at) : walk_(body), received_at_(received_at) {
    out_.batch.bytes.reserve(body.size());  // packed, an alert is smaller than its JSON
    out_.batch.alerts.reserve(64);
  }

  Decoded run() && {
    const bool whole = walk_.root_array(
        [this](std::size_t index, JsonWalk::Value value) { return alert(index, value); });
    if (whole) return std::move(out_);
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

  bool alert(std::size_t index, JsonWalk::Value value) {
    if (index == Decoded::alerts_max) return walk_.too_large("more alerts than one body may have");
    packer().clear();
    Times times;
    bool labelled = false;
    const bool read = walk_.members(value, [&](std::string_view key, JsonWalk::Value field) {
      if (key == "labels") {
        labelled = true;
        return labels(field);
      }
      if (key == "annotations") return annotations(field);
      if (key == "startsAt") return time(field, times.starts_at);
      if (key == "endsAt") return time(field, times.ends_at);
      if (key == "generatorURL") return generator_url(field);
      return walk_.skip(field);
    });
    if (!read) return false;
    if (!labelled) return walk_.wrong_shape("labels are missing");
    std::string why;
    if (!take(times, why)) out_.reject(index, why);
    return true;
  }

  bool labels(JsonWalk::Value field) {
    return walk_.members(field, [this](std::string_view name, JsonWalk::Value value) {
      std::string_view text;
      if (!walk_.text(value, text)) return false;
      packer().label(name, text);
      return true;
    });
  }

  // Text by the book; but some senders of annotations write numbers, and those name nothing.
  bool annotations(JsonWalk::Value field) {
    if (walk_.is_null(field)) return walk_.skip(field);
    return walk_.members(field, [this](std::string_view name, JsonWalk::Value value) {
      std::string_view text;
      if (!walk_.scalar(value, text)) return false;
      packer().annotation(name, text);
      return true;
    });
  }

  bool generator_url(JsonWalk::Value field) {
    if (walk_.is_null(field)) return walk_.skip(field);
    std::string_view text;
    if (!walk_.text(field, text)) return false;
    packer().generator_url(text);
    return true;
  }

  // Absent, null, empty and Go's zero time all mean "not given".
  bool time(JsonWalk::Value field, std::optional<Wall>& out) {
    if (walk_.is_null(field)) return walk_.skip(field);
    std::string_view text;
    if (!walk_.text(field, text)) return false;
    if (text.empty()) return true;
    out = parse_rfc3339(text);
    if (!out) return walk_.wrong_shape("not a time of RFC 3339");
    if (*out == go_zero_time) out.reset();
    return true;
  }

  bool take(const Times& times, std::string& why) {
    if (times.starts_at && times.ends_at && *times.ends_at < *times.starts_at)
      return why = "ends before it starts", false;
    IncomingAlert alert;
    alert.resolved = times.ends_at && *times.ends_at <= received_at_;
    if (times.ends_at) alert.ends_at = *times.ends_at;
    if (times.starts_at)
      alert.starts_at = *times.starts_at;
    else if (alert.resolved)
      alert.starts_at = alert.ends_at;
    return packer().pack(out_.batch, alert, why);
  }

  JsonWalk walk_;
  Wall received_at_;
  Decoded out_;
};

Decoded decode(std::string_view body, Wall received_at) {
  return Decoder(body, received_at).run();
}

}  // namespace

const SourceKind alertmanager_v2{"alertmanager_v2", decode, {}};

}  // namespace tocsin
