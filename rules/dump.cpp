#include "rules/dump.hpp"

#include <algorithm>

#include "rules/model/alert.hpp"
#include "rules/model/silence.hpp"
#include "rules/model/storm_text.hpp"

namespace tocsin {
namespace {

// Prints each field; what is empty, zero or never is left out, so that lines stay readable.
class TextFields {
 public:
  explicit TextFields(std::vector<std::pair<std::string, std::string>>& out) : out_(out) {}
  template <class T>
  requires std::is_integral_v<T>
  void operator()(const char* n, T v) {
    if (v != T{}) put(n, std::to_string(v));
  }
  void operator()(const char* n, bool v) {
    if (v) put(n, "yes");
  }
  template <Named E>
  void operator()(const char* n, E e) {
    put(n, std::string(name(e)));
  }
  template <class Tag, class Value>
  void operator()(const char* n, Strong<Tag, Value> s) {
    if (s) put(n, std::to_string(s.value));
  }
  void operator()(const char* n, IncidentNumber i) {
    if (i) put(n, to_text(i));
  }
  void operator()(const char* n, RequestNumber i) {
    if (i) put(n, to_text(i));
  }
  void operator()(const char* n, Instant t) {
    if (t == never)
      put(n, "never");
    else if (t == when_resumed)
      put(n, "when_resumed");
    else if (t == when_uninhibited)
      put(n, "when_uninhibited");
    else if (t.ms)
      put(n, std::to_string(t.ms));
  }
  void operator()(const char* n, Wall t) {
    if (t.ms) put(n, std::to_string(t.ms));
  }
  void operator()(const char* n, const Fingerprint& f) { put(n, hex(f)); }
  void operator()(const char* n, const PageKey& k) { put(n, hex(k)); }
  void operator()(const char* n, const LinkKey&) { put(n, "secret"); }
  void operator()(const char* n, std::string_view text) {
    if (text.empty()) return;
    if (std::string_view(n) == "matchers") return put(n, matchers_text(text));
    if (std::string_view(n) == "counts") return put(n, storm_counts_text(text));
    if (std::string_view(n) == "relations") return put(n, relations_text(text));
    if (std::string_view(n) == "text" && AlertText(text).valid())
      return put(n, labels(AlertText(text)));
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 9; }))
      return put(n, std::to_string(text.size()) + " bytes");
    put(n, std::string(text));
  }

 private:
  static std::string labels(AlertText text) {
    std::string out = "{";
    for (const auto& [label, value] : text.labels()) {
      if (out.size() > 1) out += ", ";
      out.append(label).append("=\"").append(value).append("\"");
    }
    return out + "}";
  }
  void put(const char* n, std::string value) { out_.emplace_back(n, std::move(value)); }
  std::vector<std::pair<std::string, std::string>>& out_;
};

std::string quoted(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \n\"=") == std::string::npos) return value;
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + "\"";
}

}  // namespace

std::string_view fact_name(std::uint16_t tag) {
  switch (tag) {
#define TOCSIN_NAME(tag, Type) \
  case tag:                    \
    return FactTag<Type>::name;
    TOCSIN_FACTS(TOCSIN_NAME)
#undef TOCSIN_NAME
    default:
      return {};
  }
}

std::vector<std::pair<std::string, std::string>> fields_of(const FactView& view) {
  std::vector<std::pair<std::string, std::string>> out;
  with_fact(view, [&](auto fact) { fact.fields(TextFields(out)); });
  return out;
}

std::string to_text(const FactView& view) {
  const auto known = fact_name(view.tag);
  if (known.empty()) return "unknown fact " + std::to_string(view.tag);
  std::string out(known);
  for (const auto& [field, value] : fields_of(view))
    out.append(" ").append(field).append("=").append(quoted(value));
  return out;
}

std::string to_text(std::string_view payload) {
  PayloadReader reader(payload);
  std::string out = "at=" + std::to_string(reader.header().at.ms) +
                    " offset=" + std::to_string(reader.header().offset_ms) +
                    " facts=" + std::to_string(reader.header().facts) + "\n";
  FactView fact;
  while (reader.next(fact)) out += "  " + to_text(fact) + "\n";
  if (reader.damaged()) out += "  damaged: the sizes in this frame do not add up\n";
  return out;
}

}  // namespace tocsin
