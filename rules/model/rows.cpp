#include "rules/model/rows.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tocsin {
namespace {

constexpr std::size_t alert_fixed_bytes = 26;  // fingerprint, serial, size of the CI
constexpr std::uint16_t has_flaps = 0x8000, ci_size_mask = 0x7fff;

template <class T>
T load(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
void put(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}
void put_word(std::string& out, std::string_view word) {
  word = word.substr(0, UINT16_MAX);
  put(out, static_cast<std::uint16_t>(word.size()));
  out.append(word);
}
// Leaves the word alone when the bytes end before it does.
void take_word(std::string_view& rest, std::string_view& word) {
  if (rest.size() < 2) return;
  const std::size_t size = load<std::uint16_t>(rest.data());
  if (rest.size() < 2 + size) return;
  word = rest.substr(2, size);
  rest.remove_prefix(2 + size);
}

}  // namespace

const Blob* make_blob(std::string_view a, std::string_view b, std::string_view c,
                      std::string_view d) {
  const std::size_t size = a.size() + b.size() + c.size() + d.size();
  void* memory = std::malloc(sizeof(Blob) + size);
  if (!memory) std::abort();  // out of memory is our fault: stop before writing
  auto* blob = new (memory) Blob{static_cast<std::uint32_t>(size)};
  char* at = reinterpret_cast<char*>(blob + 1);
  for (const auto& part : {a, b, c, d}) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return blob;
}
void free_blob(const Blob* blob) {
  std::free(const_cast<Blob*>(blob));
}

const Blob* make_alert_blob(Fingerprint f, AlertSerial serial, std::string_view ci,
                            std::string_view text, const FlapTimes& flaps, std::string_view extra) {
  ci = ci.substr(0, ci_size_mask);
  char fixed[alert_fixed_bytes];
  const auto ci_size = static_cast<std::uint16_t>(ci.size() | (flaps.count ? has_flaps : 0));
  std::memcpy(fixed, &f.high, 8);
  std::memcpy(fixed + 8, &f.low, 8);
  std::memcpy(fixed + 16, &serial.value, 8);
  std::memcpy(fixed + 24, &ci_size, 2);
  if (!flaps.count) return make_blob({fixed, sizeof fixed}, ci, extra, text);
  std::string head(fixed, sizeof fixed);
  head.append(ci);
  put(head, flaps.count), put(head, flaps.quiet_due.ms);
  for (std::uint8_t i = 0; i < flaps.count; ++i) put(head, flaps.at[i].ms);
  return make_blob(head, extra, text);
}

void FlapTimes::add(Instant t) {
  if (count == max) std::copy(at + 1, at + max, at), --count;
  at[count++] = t;
}
std::size_t FlapTimes::since(Instant from) const {
  return static_cast<std::size_t>(
      std::count_if(at, at + count, [from](Instant t) { return t >= from; }));
}

namespace {
std::size_t flap_bytes(std::uint8_t count) {
  return 1 + 8 + 8 * std::size_t{count};
}
// A part with its size in front.
std::string_view part_of(std::string_view bytes) {
  return bytes.substr(0, 2 + load<std::uint16_t>(bytes.data()));
}
}  // namespace

Fingerprint AlertRow::fingerprint() const {
  return {load<std::uint64_t>(blob->data()), load<std::uint64_t>(blob->data() + 8)};
}
AlertSerial AlertRow::serial() const {
  return AlertSerial(load<std::uint64_t>(blob->data() + 16));
}
std::string_view AlertRow::ci() const {
  const auto size = static_cast<std::uint16_t>(load<std::uint16_t>(blob->data() + 24));
  return {blob->data() + alert_fixed_bytes, static_cast<std::size_t>(size & ci_size_mask)};
}
AlertText AlertRow::text() const {
  std::string_view rest = behind_flaps();
  for (const std::uint8_t flag : {muted, inhibits})
    if (flags & flag) rest.remove_prefix(part_of(rest).size());
  return AlertText(rest);
}
std::string_view AlertRow::behind_flaps() const {
  const auto rest = blob->view().substr(alert_fixed_bytes + ci().size());
  const bool flaps = load<std::uint16_t>(blob->data() + 24) & has_flaps;
  return flaps ? rest.substr(flap_bytes(static_cast<std::uint8_t>(rest[0]))) : rest;
}
FlapTimes AlertRow::flaps() const {
  FlapTimes out;
  if (!(load<std::uint16_t>(blob->data() + 24) & has_flaps)) return out;
  const char* p = ci().data() + ci().size();
  out.count = std::min<std::uint8_t>(static_cast<std::uint8_t>(*p), FlapTimes::max);
  out.quiet_due = Instant{load<std::int64_t>(p + 1)};
  for (std::uint8_t i = 0; i < out.count; ++i)
    out.at[i] = Instant{load<std::int64_t>(p + 9 + 8 * std::size_t{i})};
  return out;
}
std::string_view AlertRow::muted_bytes() const {
  return flags & muted ? part_of(behind_flaps()) : std::string_view();
}
std::string_view AlertRow::keys() const {
  if (!(flags & inhibits)) return {};
  return part_of(behind_flaps().substr(muted_bytes().size())).substr(2);
}
std::string AlertRow::extra() const {
  return pack_extra(muted_bytes(), keys());
}
std::vector<std::uint64_t> unpack_keys(std::string_view packed) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i + 8 <= packed.size(); i += 8)
    out.push_back(load<std::uint64_t>(packed.data() + i));
  return out;
}
std::string pack_keys(const std::vector<std::uint64_t>& keys) {
  std::string out;
  for (const std::uint64_t key : keys) put(out, key);
  return out;
}
std::string pack_extra(std::string_view muted_bytes, std::string_view keys) {
  std::string out(muted_bytes);
  if (!keys.empty()) put_word(out, keys);
  return out;
}

namespace {
template <class Words, class Use>
void each_muted_word(Words& w, Use&& use) {
  for (auto* word : {&w.window, &w.owner, &w.reason, &w.change}) use(*word);
}
}  // namespace

std::string pack_muted(const MutedBy& by) {
  std::string words, out;
  each_muted_word(by, [&](const std::string_view& word) { put_word(words, word); });
  put_word(out, words);
  return out;
}
MutedBy unpack_muted(std::string_view packed) {
  MutedBy out;
  if (packed.size() < 2) return out;
  std::string_view rest = packed.substr(2);
  each_muted_word(out, [&](std::string_view& word) { take_word(rest, word); });
  return out;
}
MutedBy AlertRow::muted_by() const {
  return unpack_muted(muted_bytes());
}

namespace {
template <class Words, class Use>
void each_word(Words& w, Use&& use) {
  for (auto* word : {&w.title, &w.ci, &w.ci_class, &w.service, &w.environment, &w.category,
                     &w.subcategory, &w.symptom, &w.group, &w.owner, &w.summary, &w.runbook,
                     &w.category_rule, &w.resolution_note, &w.resolved_by})
    use(*word);
}
}  // namespace

const Blob* make_incident_blob(const IncidentWords& words) {
  std::string bytes;
  each_word(words, [&](const std::string_view& word) { put_word(bytes, word); });
  const std::string_view course[] = {words.hold_note, words.hold_reference,  words.hold_question,
                                     words.hold_by,   words.business_impact, words.manager};
  const bool said = !words.said_category.empty();
  const bool on_course = said || std::any_of(std::begin(course), std::end(course),
                                             [](std::string_view word) { return !word.empty(); });
  const bool paused = on_course || !words.pauses.empty();
  const bool watched = paused || !words.watchers.empty();
  const bool known = watched || !words.known_error.empty();
  if (known || !words.inhibited_keys.empty())
    put_word(bytes, words.inhibited_by), put_word(bytes, words.inhibited_keys);
  if (known) put_word(bytes, words.known_error), put_word(bytes, words.workaround);
  if (watched) put_word(bytes, words.watchers);
  if (paused) put_word(bytes, words.pauses);
  if (on_course)
    for (const std::string_view word : course) put_word(bytes, word);
  if (said) put_word(bytes, words.said_category);
  return make_blob(bytes);
}

IncidentWords IncidentRow::words() const {
  IncidentWords out;
  if (!blob) return out;
  std::string_view rest = blob->view();
  each_word(out, [&](std::string_view& word) { take_word(rest, word); });
  take_word(rest, out.inhibited_by), take_word(rest, out.inhibited_keys);
  take_word(rest, out.known_error), take_word(rest, out.workaround);
  take_word(rest, out.watchers), take_word(rest, out.pauses);
  for (std::string_view* word : {&out.hold_note, &out.hold_reference, &out.hold_question,
                                 &out.hold_by, &out.business_impact, &out.manager})
    take_word(rest, *word);
  take_word(rest, out.said_category);
  return out;
}

std::pair<std::string_view, std::string_view> category_now(const IncidentWords& words) {
  if (words.said_category.empty()) return {words.category, words.subcategory};
  const std::size_t slash = words.said_category.find('/');
  return {words.said_category.substr(0, slash), words.said_category.substr(slash + 1)};
}

Instant IncidentRow::clock_due() const {
  Instant due = never;
  if (!unresolved()) return due;
  for (const ClockKind kind : {ClockKind::response, ClockKind::resolution})
    if (clock(kind).runs() && !provisional(kind)) due = earlier(due, clock(kind).next_due);
  return due;
}

void add_pause(std::vector<Pause>& pauses, Pause pause) {
  std::erase_if(pauses, [&](const Pause& p) {
    if (p.to < pause.from || pause.to < p.from) return false;
    pause.from = earlier(p.from, pause.from), pause.to = later(p.to, pause.to);
    return true;
  });
  if (pause.to <= pause.from) return;
  const auto after = std::find_if(pauses.begin(), pauses.end(),
                                  [&](const Pause& p) { return p.from > pause.from; });
  pauses.insert(after, pause);
  if (pauses.size() > pauses_max)
    pauses.erase(std::min_element(pauses.begin(), pauses.end(), [](const Pause& a, const Pause& b) {
      return a.to - a.from < b.to - b.from;
    }));
}

std::vector<Pause> unpack_pauses(std::string_view packed) {
  std::vector<Pause> out;
  for (std::size_t i = 0; i + 16 <= packed.size(); i += 16)
    out.push_back({Instant{load<std::int64_t>(packed.data() + i)},
                   Instant{load<std::int64_t>(packed.data() + i + 8)}});
  return out;
}
std::string pack_pauses(const std::vector<Pause>& pauses) {
  std::string out;
  for (const Pause& p : pauses) put(out, p.from.ms), put(out, p.to.ms);
  return out;
}

std::vector<std::string_view> unpack_watchers(std::string_view packed) {
  std::vector<std::string_view> out;
  while (!packed.empty()) {
    out.push_back(packed.substr(0, packed.find('\n')));
    packed.remove_prefix(std::min(packed.size(), out.back().size() + 1));
  }
  return out;
}

namespace {
template <class Words, class Use>
void each_silence_word(Words& w, Use&& use) {
  for (auto* word : {&w.by, &w.created_by, &w.comment, &w.ended_by, &w.matchers}) use(*word);
}
}  // namespace

const Blob* make_silence_blob(const SilenceWords& words) {
  std::string bytes;
  each_silence_word(words, [&](const std::string_view& word) { put_word(bytes, word); });
  if (!words.cis.empty() || !words.change.empty())
    put_word(bytes, words.cis), put_word(bytes, words.change);
  return make_blob(bytes);
}
SilenceWords SilenceRow::words() const {
  SilenceWords out;
  if (!blob) return out;
  std::string_view rest = blob->view();
  each_silence_word(out, [&](std::string_view& word) { take_word(rest, word); });
  take_word(rest, out.cis), take_word(rest, out.change);
  return out;
}

namespace {
template <class Words, class Use>
void each_request_word(Words& w, Use&& use) {
  for (auto* word :
       {&w.title, &w.text, &w.ci, &w.reporter, &w.by, &w.taken_by, &w.done_by, &w.note})
    use(*word);
}
}  // namespace

const Blob* make_request_blob(const RequestWords& words) {
  std::string bytes;
  each_request_word(words, [&](const std::string_view& word) { put_word(bytes, word); });
  return make_blob(bytes);
}
RequestWords RequestRow::words() const {
  RequestWords out;
  if (!blob) return out;
  std::string_view rest = blob->view();
  each_request_word(out, [&](std::string_view& word) { take_word(rest, word); });
  return out;
}

const Blob* make_page_blob(std::string_view person, std::string_view channel) {
  const auto size = static_cast<std::uint16_t>(person.size());
  return make_blob({reinterpret_cast<const char*>(&size), sizeof size}, person, channel);
}
std::string_view PageRow::person() const {
  return {blob->data() + 2, load<std::uint16_t>(blob->data())};
}
bool whole_alert_blob(std::string_view b, std::uint8_t flags) {
  if (b.size() < alert_fixed_bytes) return false;
  const auto size = load<std::uint16_t>(b.data() + 24);
  b.remove_prefix(alert_fixed_bytes);
  const std::size_t ci = size & ci_size_mask;
  if (ci > b.size()) return false;
  b.remove_prefix(ci);
  if (size & has_flaps) {
    const auto count = b.empty() ? 0 : static_cast<std::uint8_t>(b[0]);
    if (count == 0 || count > FlapTimes::max || flap_bytes(count) > b.size()) return false;
    b.remove_prefix(flap_bytes(count));
  }
  for (const std::uint8_t flag : {AlertRow::muted, AlertRow::inhibits}) {
    if (!(flags & flag)) continue;
    if (b.size() < 2 || load<std::uint16_t>(b.data()) > b.size() - 2) return false;
    b.remove_prefix(part_of(b).size());
  }
  return true;
}
bool whole_page_blob(std::string_view b) {
  return b.size() >= 2 && load<std::uint16_t>(b.data()) <= b.size() - 2;
}
std::string_view PageRow::channel() const {
  return blob->view().substr(2 + person().size());
}

}  // namespace tocsin
