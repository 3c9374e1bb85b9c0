#include "rules/model/literals.hpp"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::size_t texts_max = 64, bytes_max = 1024, depth_max = 16;

using Texts = std::vector<std::string>;

void tidy(Texts& texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

bool small(const Texts& texts) {
  std::size_t bytes = 0;
  for (const auto& text : texts) bytes += text.size();
  return texts.size() <= texts_max && bytes <= bytes_max;
}

// How much it helps to know that one of them is there: the shortest decides.
std::size_t worth(const Texts& texts) {
  std::size_t shortest = texts.empty() ? 0 : texts.front().size();
  for (const auto& text : texts) shortest = std::min(shortest, text.size());
  return shortest;
}

// Pieces one after the other: what may stand together grows until something unknown is between.
class Sequence {
 public:
  void add(Literals piece) {
    if (piece.whole && join(piece.texts)) return;
    end_of_run();
    whole_ = false;
    if (piece.whole)
      run_ = std::move(piece.texts);
    else
      consider(std::move(piece.texts));
  }
  Literals done() {
    if (whole_) return {true, std::move(run_)};
    end_of_run();
    return {false, std::move(best_)};
  }

 private:
  bool join(const Texts& next) {
    Texts joined;
    if (run_.size() * next.size() > texts_max) return false;
    for (const auto& a : run_)
      for (const auto& b : next) joined.push_back(a + b);
    tidy(joined);
    if (!small(joined)) return false;
    run_ = std::move(joined);
    return true;
  }
  void end_of_run() {
    consider(std::move(run_));
    run_ = {""};
  }
  void consider(Texts texts) {
    if (worth(texts) > worth(best_)) best_ = std::move(texts);
  }

  Texts run_{""}, best_;
  bool whole_ = true;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Literals run() {
    Literals out = alternatives(0);
    if (!rest_.empty()) failed_ = true;  // a bracket too many
    return failed_ ? Literals{} : out;
  }

 private:
  Literals fail() {
    failed_ = true;
    rest_ = {};
    return {};
  }
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Literals alternatives(std::size_t depth) {
    if (depth > depth_max) return fail();
    Literals all = sequence(depth);
    while (take("|")) {
      Literals next = sequence(depth);
      if (all.nothing() || next.nothing() || (!all.whole && worth(all.texts) == 0)) {
        all = {};
        continue;
      }
      all.whole = all.whole && next.whole;
      all.texts.insert(all.texts.end(), next.texts.begin(), next.texts.end());
      tidy(all.texts);
      if (!small(all.texts) || (!all.whole && worth(all.texts) == 0)) all = {};
    }
    return all;
  }

  Literals sequence(std::size_t depth) {
    Sequence out;
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      Literals piece = element(depth);
      out.add(repeated(std::move(piece)));
    }
    return out.done();
  }

  Literals element(std::size_t depth) {
    const char c = rest_[0];
    if (c == '(') return group(depth);
    if (c == '[') return char_class();
    if (c == '\\') return escape();
    if (c == '*' || c == '+' || c == '?' || c == '{') return fail();
    if (c == '^' || c == '$') return rest_.remove_prefix(1), Literals{true, {""}};
    std::size_t size = 1;  // a character is repeated as a whole, however many bytes it has
    while (size < rest_.size() && (static_cast<unsigned char>(rest_[size]) & 0xC0) == 0x80) ++size;
    const std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return c == '.' ? Literals{} : Literals{true, {text}};
  }

  Literals group(std::size_t depth) {
    rest_.remove_prefix(1);
    if (take("?P<")) {
      const auto end = rest_.find('>');
      if (end == std::string_view::npos) return fail();
      rest_.remove_prefix(end + 1);
    } else if (rest_.starts_with("?") && !take("?:")) {
      return fail();  // flags change what everything after them means
    }
    Literals out = alternatives(depth + 1);
    return take(")") ? out : fail();
  }

  Literals char_class() {
    rest_.remove_prefix(1);
    take("^");
    for (bool first = true; !rest_.empty(); first = false) {
      if (take("[:")) {
        const auto end = rest_.find(":]");
        if (end == std::string_view::npos) return fail();
        rest_.remove_prefix(end + 2);
        continue;
      }
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == ']' && !first) return {};
      if (c == '\\' && !rest_.empty()) rest_.remove_prefix(1);
    }
    return fail();
  }

  Literals escape() {
    if (rest_.size() < 2) return fail();
    const char c = rest_[1];
    rest_.remove_prefix(2);
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!word) return {true, {std::string(1, c)}};
    if (std::string_view("dDsSwW").find(c) != std::string_view::npos) return {};
    if (std::string_view("bBAz").find(c) != std::string_view::npos) return {true, {""}};
    return fail();
  }

  // The piece with what follows it: ?, *, + or {n,m}, each perhaps with a ? that says how greedy.
  Literals repeated(Literals piece) {
    if (take("?")) {
      take("?");
      if (piece.whole) piece.texts.emplace_back(), tidy(piece.texts);
      return piece.whole ? piece : Literals{};
    }
    if (take("*")) return take("?"), Literals{};
    const bool plus = take("+");
    if (!plus && !rest_.starts_with("{")) return piece;
    if (!plus) {
      const bool never = rest_.size() > 1 && rest_[1] == '0';
      const auto end = rest_.find('}');
      if (end == std::string_view::npos || end < 2 ||
          rest_.substr(1, end - 1).find_first_not_of("0123456789,") != std::string_view::npos)
        return fail();
      rest_.remove_prefix(end + 1);
      if (never) piece = {};
    }
    take("?");
    piece.whole = false;  // once is certain
    return worth(piece.texts) > 0 ? piece : Literals{};
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

Literals literals_of(std::string_view expression) {
  return Parser(expression).run();
}

}  // namespace tocsin
