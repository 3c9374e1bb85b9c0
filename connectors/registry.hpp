#pragma once
// All ears and mouths. The only file outside its own folder that a new connector touches.
//
// Connectors are codecs: bytes <-> vocabulary. No sockets, no clients, no clock. A source decodes
// one request body into alerts; a channel encodes one SendOrder into what the shell has to do, and
// reads the other side's answer.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/alert.hpp"
#include "rules/model/page.hpp"

namespace tocsin {

// A key of a connector's part of the configuration; config/ checks files against these tables.
struct SettingSpec {
  std::string_view key;
  enum class Type : std::uint8_t { text, integer, boolean, url, path, secret } type = Type::text;
  bool required = false;
  std::string_view help;
};

// ---- ears ----

enum class DecodeFailure : std::uint8_t { none, malformed, too_large, wrong_shape };
struct Decoded {
  AlertBatch batch;  // good items; bad ones are sentences in batch.rejected
  DecodeFailure failure = DecodeFailure::none;
  std::string message;  // what is wrong and where; the whole body is refused
};

struct SourceKind {
  std::string_view name;  // `source:` of an integration
  // `body` is followed by at least 64 readable bytes (simdjson padding). Pure and thread-safe.
  Decoded (*decode)(std::string_view body, Wall received_at);
  std::span<const SettingSpec> settings;
};
std::span<const SourceKind> source_kinds();
const SourceKind* find_source(std::string_view name);

// ---- mouths ----

// What the shell must do for one attempt.
struct Delivery {
  enum class Kind : std::uint8_t { http, file, print } kind = Kind::print;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;       // request body, file contents, or the lines to print
  std::string directory;  // file: written whole or not at all, under `file_name`
  std::string file_name;
};

// How the other side's answer is to be read.
struct ChannelAnswer {
  AttemptOutcome outcome = AttemptOutcome::unknown;
  std::string detail;
};

struct ChannelKind {
  std::string_view name;  // `kind:` of a channel
  Delivery (*encode)(const SendOrder& order);
  ChannelAnswer (*read)(int status, std::string_view body);  // http only; nullptr otherwise
  std::span<const SettingSpec> settings;
};
std::span<const ChannelKind> channel_kinds();
const ChannelKind* find_channel_kind(std::string_view name);

}  // namespace tocsin
