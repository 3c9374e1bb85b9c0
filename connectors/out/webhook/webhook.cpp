#include "connectors/out/webhook/webhook.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "connectors/out/text/page_json.hpp"
#include "connectors/text/base64.hpp"
#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

Delivery encode(const SendOrder& o) {
  Delivery out;
  out.kind = Delivery::Kind::http;
  out.body = page_json(o);
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
