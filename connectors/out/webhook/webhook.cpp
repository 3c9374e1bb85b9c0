#include "connectors/out/webhook/webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <boost/json.hpp>

#include "connectors/out/text/page_text.hpp"
#include "connectors/text/base64.hpp"
#include "connectors/text/quote.hpp"
#include "connectors/text/rfc3339.hpp"

namespace tocsin {
namespace {

namespace json = boost::json;

json::value time_or_null(Wall at) {
  return at == Wall{} ? json::value(nullptr) : json::value(rfc3339_text(at));
}

json::string word(std::string_view text) {
  return json::string(text.data(), text.size());
}

std::string body_of(const SendOrder& o) {
  json::object out;
  out["key"] = hex(o.key);
  out["kind"] = word(name(o.kind));
  out["why"] = word(name(o.why));
  out["page"] = o.page.value;
  out["attempt"] = o.attempt;
  out["epoch"] = o.epoch.value;
  out["incident"] = to_text(o.incident);
  out["cycle"] = o.cycle;
  out["step"] = o.step;
  out["repeat"] = o.repeat;
  out["person"] = o.person;
  out["email"] = o.email;
  out["channel"] = o.channel;
  out["priority"] = word(name(o.priority));
  out["state"] = word(state_word(o.state));
  out["title"] = o.title;
  out["ci"] = o.ci;
  out["service"] = o.service;
  out["category"] = o.category;
  out["impact"] = o.impact;
  out["group"] = o.group;
  out["summary"] = o.summary;
  out["runbook"] = o.runbook;
  out["owner"] = o.owner;
  out["since"] = time_or_null(o.since);
  out["now"] = time_or_null(o.now);
  out["response_due"] = time_or_null(o.response_due);
  out["alerts_firing"] = o.alerts_firing;
  out["alerts_total"] = o.alerts_total;
  out["link"] = o.link;
  out["drill"] = o.drill;
  out["instance_name"] = o.instance_name;
  out["text"] = page_text(o);
  return json::serialize(out);
}

Delivery encode(const SendOrder& o) {
  Delivery out;
  out.kind = Delivery::Kind::http;
  out.body = body_of(o);
  const std::string id = hex(o.key), timestamp = std::to_string(o.now.ms / 1000);
  out.headers = {{"Content-Type", "application/json"},
                 {"User-Agent", "tocsin"},
                 {"Idempotency-Key", id},
                 {"webhook-id", id},
                 {"webhook-timestamp", timestamp}};
  const auto setting = [&o](const char* key) {
    const auto it = o.channel_settings.find(key);
    return it == o.channel_settings.end() ? std::string_view() : std::string_view(it->second);
  };
  out.url = setting("url");
  if (const auto secret = setting("secret"); !secret.empty())
    out.headers.emplace_back("webhook-signature",
                             webhook_signature(secret, id, timestamp, out.body));
  return out;
}

ChannelAnswer read(int status, std::string_view body) {
  ChannelAnswer out;
  out.detail = "HTTP " + std::to_string(status);
  // The page of some proxy that wants a login is no receiver's word.
  const bool page = is_html(body);
  if (status >= 200 && status < 300 && !page) {
    out.outcome = AttemptOutcome::accepted;
    return out;
  }
  if (!body.empty()) out.detail += ": " + printable(body, 120);
  if (status == 429 || status == 503 || (page && status < 300))
    out.outcome = AttemptOutcome::not_sent;
  else if (status == 408 || status >= 500 || status < 200)
    out.outcome = AttemptOutcome::unknown;
  else
    out.outcome = AttemptOutcome::refused;
  return out;
}

constexpr SettingSpec settings[] = {
    {"url", SettingSpec::Type::url, true, "where the POST goes"},
    {"secret", SettingSpec::Type::secret, false,
     "whsec_ and base64, or plain text; signs the body"},
};

}  // namespace

std::string webhook_signature(std::string_view secret, std::string_view id,
                              std::string_view timestamp, std::string_view body) {
  std::string key(secret);
  if (secret.starts_with("whsec_"))
    if (auto decoded = from_base64(secret.substr(6))) key = std::move(*decoded);
  const std::string text = std::string(id) + "." + std::string(timestamp) + "." + std::string(body);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return "v1," + to_base64({reinterpret_cast<const char*>(digest), size});
}

const ChannelKind webhook_channel{"webhook", encode, read, settings};

}  // namespace tocsin
