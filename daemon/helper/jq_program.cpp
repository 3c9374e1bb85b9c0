#include "daemon/helper/jq_program.hpp"

extern "C" {
#include <jq.h>
#include <jv.h>
}

#include <algorithm>
#include <charconv>

namespace tocsin::helper {
namespace {

constexpr std::size_t faults_max = 20;
constexpr std::size_t message_bytes_max = 400;

std::string take_string(jv value) {
  std::string out;
  if (jv_get_kind(value) == JV_KIND_STRING)
    out.assign(jv_string_value(value),
               static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value))));
  jv_free(value);
  return out;
}

// A message that is no text, as error({...}) gives, is shown as JSON.
std::string message_of(jv message) {
  const bool text = jv_get_kind(message) == JV_KIND_STRING;
  std::string out = take_string(text ? message : jv_dump_string(message, 0));
  if (out.size() > message_bytes_max) out.resize(message_bytes_max);
  return out;
}

std::string_view line_of(std::string_view text, int number) {
  for (; number > 1 && !text.empty(); --number)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

void leave_out(std::string& text, std::string_view part) {
  if (const auto at = text.find(part); at != text.npos) text.erase(at, part.size());
}

// "jq: error: WHAT at <top-level>, line N:\nTHE LINE" and then a blank for each character of the
// line before the place, which is the only mention of the column.
ProgramFault read_fault(std::string said, const std::string& program) {
  static constexpr std::string_view place = " at <top-level>, line ";
  ProgramFault out;
  const auto at = said.rfind(place);
  if (at != said.npos) {
    const char* const digits = said.data() + at + place.size();
    std::from_chars(digits, said.data() + said.size(), out.line);
    const auto shown = said.find('\n', at);
    const std::string_view line = line_of(program, out.line);
    if (shown != said.npos && said.size() - shown - 1 > line.size())
      out.column = static_cast<int>(said.size() - shown - 1 - line.size()) + 1;
    said.resize(at);
  }
  leave_out(said, "jq: error: ");
  leave_out(said, " (Unix shell quoting issues?)");
  while (said.ends_with('\n')) said.pop_back();
  out.message = std::move(said);
  return out;
}

struct Collected {
  const std::string& program;
  std::vector<ProgramFault>& faults;
};

void collect(void* into, jv message) {
  auto& [program, faults] = *static_cast<Collected*>(into);
  std::string said = take_string(message);
  const bool sum = said.starts_with("jq: ") && said.find(" compile error") != said.npos;
  if (!sum && faults.size() < faults_max) faults.push_back(read_fault(std::move(said), program));
}

void ignore(void*, jv message) {
  jv_free(message);
}

// There is no further document. Without an answer of ours, libjq looks at one that is not there.
jv no_input(jq_state*, void*) {
  return jv_invalid();
}

// Items of the array that is the answer.
class Items {
 public:
  explicit Items(const MapLimits& limits) : limits_(limits) {}

  // False when there is no room for it.
  bool add(jv value) {
    if (jv_get_kind(value) != JV_KIND_ARRAY) return add_one(value);
    bool fits = true;
    jv_array_foreach(value, i, item) fits = fits ? add_one(item) : (jv_free(item), false);
    jv_free(value);
    return fits;
  }

  std::string done() && { return std::move(text_) + "]"; }

 private:
  bool add_one(jv value) {
    const std::string item = take_string(jv_dump_string(value, 0));
    if (++count_ > limits_.outputs_max || text_.size() + item.size() > limits_.output_bytes_max)
      return false;
    text_ += count_ > 1 ? "," : "";
    text_ += item;
    return true;
  }

  const MapLimits& limits_;
  std::size_t count_ = 0;
  std::string text_ = "[";
};

// ---- big integers ----

bool is_big_integer(std::string_view number) {
  constexpr std::string_view largest = "9007199254740992";  // 2^53
  if (number.find_first_of(".eE") != number.npos) return false;
  if (number.starts_with('-')) number.remove_prefix(1);
  return number.size() > largest.size() || (number.size() == largest.size() && number > largest);
}

// The end of the text that begins with the quote at `at`.
std::size_t end_of_text(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

}  // namespace

std::string with_big_integers_quoted(std::string_view document) {
  static constexpr std::string_view of_numbers = "+-.0123456789eE";
  std::string out;
  out.reserve(document.size() + 16);
  for (std::size_t at = 0; at < document.size();) {
    const std::size_t start = document.find_first_of("\"-0123456789", at);
    out += document.substr(at, start - at);
    if (start == document.npos) break;
    const bool text = document[start] == '"';
    at = text ? end_of_text(document, start)
              : std::min(document.find_first_not_of(of_numbers, start), document.size());
    const std::string_view token = document.substr(start, at - start);
    if (!text && is_big_integer(token))
      out.append("\"").append(token).append("\"");
    else
      out += token;
  }
  return out;
}

struct JqProgram::State {
  jq_state* jq = nullptr;
  ~State() {
    if (jq) jq_teardown(&jq);
  }
};

JqProgram::JqProgram(std::unique_ptr<State> state) : state_(std::move(state)) {}
JqProgram::~JqProgram() = default;

std::unique_ptr<JqProgram> JqProgram::compile(const std::string& text,
                                              std::vector<ProgramFault>& faults) {
  if (text.find('\0') != text.npos)
    return faults.push_back({1, 1, "it holds a zero byte"}), nullptr;
  auto state = std::make_unique<State>();
  state->jq = jq_init();
  if (!state->jq) return faults.push_back({1, 1, "there is no memory for it"}), nullptr;
  Collected collected{text, faults};
  jq_set_error_cb(state->jq, collect, &collected);
  jq_set_debug_cb(state->jq, ignore, nullptr);
  jq_set_attr(state->jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
  jq_set_input_cb(state->jq, no_input, nullptr);
  const bool good = jq_compile(state->jq, text.c_str()) != 0;
  jq_set_error_cb(state->jq, ignore, nullptr);
  if (good) return std::unique_ptr<JqProgram>(new JqProgram(std::move(state)));
  if (faults.empty()) faults.push_back({1, 1, "it does not compile"});
  return nullptr;
}

JqProgram::Output JqProgram::run(std::string_view document, const MapLimits& limits) {
  const std::string text = with_big_integers_quoted(document);
  jv input = jv_parse_sized(text.data(), static_cast<int>(text.size()));
  if (!jv_is_valid(input)) return {false, "the document: " + message_of(jv_invalid_get_msg(input))};
  jq_state* const jq = state_->jq;
  jq_start(jq, input, 0);
  Items items(limits);
  bool fits = true;
  jv value = jq_next(jq);
  while (jv_is_valid(value)) {
    fits = items.add(value);
    value = fits ? jq_next(jq) : jv_invalid();
  }
  const bool failed = jv_invalid_has_msg(jv_copy(value));
  std::string message = failed ? message_of(jv_invalid_get_msg(value)) : (jv_free(value), "");
  if (!fits)
    return {false, "it puts out more than " + std::to_string(limits.outputs_max) + " alerts or " +
                       std::to_string(limits.output_bytes_max) + " bytes"};
  if (failed) return {false, std::move(message)};
  if (jq_halted(jq)) return {false, "it halted"};
  return {true, std::move(items).done()};
}

}  // namespace tocsin::helper
