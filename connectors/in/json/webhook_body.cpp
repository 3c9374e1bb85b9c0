#include "connectors/in/json/webhook_body.hpp"

#include <algorithm>
#include <charconv>

#include "connectors/in/text/packer.hpp"
#include "connectors/text/am_fingerprint.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

constexpr std::string_view fingerprint_label = "__fingerprint__";

std::string_view find(const std::vector<Pair>& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

class Reader {
 public:
  Reader(JsonWalk& walk, std::span<const std::string_view> kept, WebhookBody& out)
      : walk_(walk), kept_(kept), out_(out) {}

  bool envelope() {
    bool listed = false;
    const bool read = walk_.root_object([&](std::string_view name, JsonWalk::Value value) {
      if (name == "alerts") {
        listed = true;
        if (walk_.is_null(value)) return walk_.skip(value);
        return walk_.elements(value, [this](std::size_t, JsonWalk::Value v) { return alert(v); });
      }
      if (name == "status") return text_or_skip(value, out_.status);
      if (name == "title") return text_or_skip(value, out_.title);
      if (name == "truncatedAlerts") return truncated(value);
      return walk_.skip(value);
    });
    return read && (listed || walk_.wrong_shape("alerts is missing"));
  }

  bool bare_list() {
    return walk_.root_array([this](std::size_t, JsonWalk::Value v) { return alert(v); });
  }

 private:
  bool text_or_skip(JsonWalk::Value value, std::string_view& out) {
    return walk_.is_scalar(value) ? walk_.scalar(value, out) : walk_.skip(value);
  }

  bool truncated(JsonWalk::Value value) {
    std::string_view text;
    if (!text_or_skip(value, text)) return false;
    std::from_chars(text.data(), text.data() + text.size(), out_.truncated);
    return true;
  }

  bool alert(JsonWalk::Value value) {
    if (out_.alerts.size() == WebhookBody::alerts_max)
      return walk_.too_large("more than " + std::to_string(WebhookBody::alerts_max) + " alerts");
    WebhookAlert& alert = out_.alerts.emplace_back();
    if (!walk_.is_object(value)) {
      alert.refused = "is not an object";
      return walk_.skip(value);
    }
    bool labelled = false;
    const bool read = walk_.members(value, [&](std::string_view name, JsonWalk::Value v) {
      labelled = labelled || name == "labels";
      return member(alert, name, v);
    });
    if (!labelled) alert.refused = "has no labels";
    return read;
  }

  bool member(WebhookAlert& alert, std::string_view name, JsonWalk::Value value) {
    if (name == "labels") return labels(alert, value);
    if (name == "annotations") return annotations(alert, value);
    if (name == "status") return text_or_skip(value, alert.status);
    if (name == "fingerprint") return text_or_skip(value, alert.fingerprint);
    if (name == "startsAt") return text_or_skip(value, alert.starts_at);
    if (name == "endsAt") return text_or_skip(value, alert.ends_at);
    if (name == "generatorURL") return text_or_skip(value, alert.generator_url);
    const auto known = std::find(kept_.begin(), kept_.end(), name);
    return known == kept_.end() ? walk_.skip(value) : addition(alert, *known, value);
  }

  bool labels(WebhookAlert& alert, JsonWalk::Value value) {
    if (!walk_.is_object(value)) {
      alert.refused = "has labels that are not an object";
      return walk_.skip(value);
    }
    return walk_.members(value, [&](std::string_view name, JsonWalk::Value v) {
      std::string_view text;
      if (!walk_.is_scalar(v)) {
        alert.refused = "has a label '" + printable(name, 64) + "' that is not text";
        return walk_.skip(v);
      }
      if (!walk_.scalar(v, text)) return false;
      // One more than the limit is enough to be refused for it.
      if (!text.empty() && alert.labels.size() <= AlertLimits::labels)
        alert.labels.emplace_back(name, text);
      return true;
    });
  }

  // They describe an alert and do not name it: what has another shape is no reason to refuse it.
  bool annotations(WebhookAlert& alert, JsonWalk::Value value) {
    if (!walk_.is_object(value)) return walk_.skip(value);
    return walk_.members(value, [&](std::string_view name, JsonWalk::Value v) {
      std::string_view text;
      if (!text_or_skip(v, text)) return false;
      if (!text.empty() && alert.annotations.size() <= AlertLimits::annotations)
        alert.annotations.emplace_back(name, text);
      return true;
    });
  }

  // An object becomes "A=1, B=2".
  bool addition(WebhookAlert& alert, std::string_view name, JsonWalk::Value value) {
    std::string_view text;
    std::string joined;
    if (walk_.is_object(value)) {
      if (!walk_.members(value, [&](std::string_view key, JsonWalk::Value v) {
            std::string_view one;
            if (!text_or_skip(v, one)) return false;
            if (joined.size() < AlertLimits::annotation_bytes)
              joined.append(joined.empty() ? "" : ", ").append(key).append("=").append(one);
            return true;
          }))
        return false;
    } else {
      if (!text_or_skip(value, text)) return false;
      joined = text;
    }
    if (!joined.empty()) alert.additions.emplace_back(name, std::move(joined));
    return true;
  }

  JsonWalk& walk_;
  std::span<const std::string_view> kept_;
  WebhookBody& out_;
};

bool time_of(std::string_view name, std::string_view text, Wall& out, std::string& why) {
  if (text.empty()) return true;
  const auto parsed = parse_rfc3339(text);
  if (!parsed) {
    why = "has the " + std::string(name) + " '" + printable(text, 64) +
          "', which is not a time of RFC 3339";
    return false;
  }
  if (*parsed != go_zero_time) out = *parsed;
  return true;
}

bool times(const WebhookAlert& alert, bool group_resolved, Wall received_at, IncomingAlert& out,
           std::string& why) {
  if (!time_of("startsAt", alert.starts_at, out.starts_at, why) ||
      !time_of("endsAt", alert.ends_at, out.ends_at, why))
    return false;
  const bool worded = !alert.status.empty();
  if (worded && alert.status != "firing" && alert.status != "resolved") {
    why = "has the status '" + printable(alert.status, 64) + "', which is not firing or resolved";
    return false;
  }
  const bool contradictory = out.ends_at != Wall{} && out.ends_at < out.starts_at;
  if (contradictory && !worded) return why = "ends before it starts", false;
  const bool over = out.ends_at != Wall{} && out.ends_at <= received_at;
  out.resolved = worded ? alert.status == "resolved" : over || group_resolved;
  if (out.resolved && (!over || contradictory)) out.ends_at = received_at;
  if (!out.resolved && (over || contradictory)) out.ends_at = {};
  return true;
}

// By the labels alone, when they say all that the sender's fingerprint says.
std::string_view telling_fingerprint(const WebhookAlert& alert) {
  if (alert.fingerprint.empty()) return {};
  std::vector<Pair> sorted = alert.labels;
  std::sort(sorted.begin(), sorted.end());
  const bool of_labels = am_fingerprint_text(am_fingerprint(sorted)) == alert.fingerprint;
  return of_labels ? std::string_view() : alert.fingerprint;
}

void fill(AlertPacker& packer, const WebhookAlert& alert, bool additions) {
  packer.clear();
  for (const auto& [name, value] : alert.labels) packer.label(name, value);
  if (!packer.has_label(fingerprint_label))
    packer.label(fingerprint_label, telling_fingerprint(alert));
  for (const auto& [name, value] : alert.annotations) packer.annotation(name, value);
  packer.generator_url(alert.generator_url);
  if (!additions) return;
  for (const auto& [name, value] : alert.additions)
    if (!packer.has_annotation(name)) packer.annotation(name, value);
}

}  // namespace

std::string_view WebhookAlert::label(std::string_view name) const {
  return find(labels, name);
}
std::string_view WebhookAlert::annotation(std::string_view name) const {
  return find(annotations, name);
}

bool read_webhook(JsonWalk& walk, std::span<const std::string_view> kept, bool bare_list,
                  WebhookBody& out) {
  Reader reader(walk, kept, out);
  const bool list = walk.root_is_array();
  return list && bare_list ? reader.bare_list() : reader.envelope();
}

void settle_webhook(const WebhookBody& body, Wall received_at, AlertBatch& batch) {
  static thread_local AlertPacker packer;
  for (std::size_t i = 0; i < body.alerts.size(); ++i) {
    const WebhookAlert& alert = body.alerts[i];
    IncomingAlert incoming;
    std::string why = alert.refused;
    bool taken = why.empty() && times(alert, body.status == "resolved", received_at, incoming, why);
    if (taken) {
      fill(packer, alert, true);
      taken = packer.pack(batch, incoming, why);
      if (!taken && !alert.additions.empty()) {
        fill(packer, alert, false);
        taken = packer.pack(batch, incoming, why);
      }
    }
    if (!taken) batch.rejected.push_back("alert [" + std::to_string(i) + "] " + why);
  }
}

Decoded refused_walk(const JsonWalk& walk) {
  Decoded refused;
  refused.failure = walk.failure();
  refused.message = walk.message();
  return refused;
}

}  // namespace tocsin
