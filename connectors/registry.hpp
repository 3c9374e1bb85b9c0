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
  // path: as it stands. file: is read; relative names start at the folder of the main file.
  // program: is run. words: a list, which a map of settings holds with word_end between its items.
  enum class Type : std::uint8_t {
    text,
    integer,
    boolean,
    url,
    path,
    file,
    secret,
    choice,
    program,
    words
  } type = Type::text;
  bool required = false;
  std::string_view help;
  std::string_view choices = {};  // choice: "required, optional, never"
};

inline constexpr char word_end = '\n';  // so no word has one

// Settings that are each right and do not fit together.
struct SettingFault {
  std::string_view key;
  std::string message;
};
using SettingMap = std::map<std::string, std::string>;

// ---- ears ----

enum class DecodeFailure : std::uint8_t { none, malformed, too_large, wrong_shape };
struct Decoded {
  // Of one body; more could never wait together.
  static constexpr std::size_t alerts_max = 100'000;
  // An item of three bytes that is not taken costs a sentence of a hundred: beyond so many they are
  // only counted.
  static constexpr std::size_t sentences_max = 100;

  AlertBatch batch;        // good items; bad ones are sentences in batch.rejected
  std::size_t unsaid = 0;  // bad ones beyond those
  DecodeFailure failure = DecodeFailure::none;
  std::string message;          // what is wrong and where; the whole body is refused
  std::uint64_t truncated = 0;  // alerts that the sender says it left out

  void reject(std::size_t index, std::string_view why);
  std::size_t rejected() const { return batch.rejected.size() + unsaid; }
  std::vector<std::string> sentences() const;  // about those that were not taken, and how many more
};

struct SourceKind {
  std::string_view name;  // `source:` of an integration
  // `body` is followed by at least 64 readable bytes (simdjson padding). Pure and thread-safe.
  Decoded (*decode)(std::string_view body, Wall received_at);
  std::span<const SettingSpec> settings;
  // Of a sender that repeats a firing alert seldom: how often by its own default, and then
  // `repeat_interval` of an integration says it otherwise. 0: within minutes, or its alerts say.
  Span repeat_interval{};
  // Of a source whose bodies go through the integration's `program` first: what keeps a body from
  // doing so, if anything. `decode` then reads what the program made of it.
  Decoded (*document)(std::string_view body) = nullptr;
};
std::span<const SourceKind> source_kinds();
const SourceKind* find_source(std::string_view name);

// ---- mouths ----

// A mail's envelope.
struct Envelope {
  enum class Tls : std::uint8_t { required, optional, never } starttls = Tls::required;
  std::string from, to;  // bare addresses
  std::string username, password;
  std::string ca_file;  // whom to believe; empty: the system's
};

// What the shell must do for one attempt.
struct Delivery {
  enum class Kind : std::uint8_t {
    http,
    mail,
    file,
    print,
    datagram,  // `body` to the local socket `file_name`
    run,       // the program `file_name`, with `body` on its standard input
    none,      // it cannot be sent: `body` says why
  } kind = Kind::print;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;       // request body, whole mail, file contents, or the lines to print
  std::string directory;  // file: written whole or not at all, under `file_name`
  std::string file_name;
  std::vector<std::string> arguments, environment;  // run
  Envelope envelope;
};

// How the other side's answer is to be read.
struct ChannelAnswer {
  AttemptOutcome outcome = AttemptOutcome::unknown;
  std::string detail;
};

struct ChannelKind {
  std::string_view name;  // `kind:` of a channel
  Delivery (*encode)(const SendOrder& order);
  // http, mail, and of run the exit code and what it said; nullptr otherwise
  ChannelAnswer (*read)(int status, std::string_view body);
  std::span<const SettingSpec> settings;
  std::optional<SettingFault> (*check)(const SettingMap& settings) = nullptr;
  Span answers_within = seconds(10);  // what one attempt may take
  bool by_mail = false;       // reaches a person by their `email`, and itself only by its own `to`
  bool this_machine = false;  // heard only by whoever is at this machine
};
std::span<const ChannelKind> channel_kinds();
const ChannelKind* find_channel_kind(std::string_view name);

}  // namespace tocsin
