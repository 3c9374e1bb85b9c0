#include "config/csv.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "config/text.hpp"
#include "config/yaml.hpp"

namespace tocsin::config {
namespace {

// Of a table that is none every line is wrong: enough is said with these.
constexpr std::size_t errors_max = 20;

struct Column {
  std::string_view key;
  bool is_list = false;
};
constexpr Column known_columns[] = {
    {"id"},
    {"class"},
    {"criticality"},
    {"users"},
    {"group"},
    {.key = "aliases", .is_list = true},
    {.key = "supports", .is_list = true},
    {.key = "depends_on", .is_list = true},
    {.key = "soft_depends_on", .is_list = true},
    {"pool"},
    {"site"},
    {"hours"},
    {"match"},  // a list of matchers as it is: it has commas of its own
    {"environment"},
};

// How many bytes at the beginning are one character of UTF-8; 0: they are none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  if (byte(0) < 0x80) return 1;
  if (byte(0) < 0xC2 || byte(0) > 0xF4) return 0;
  const std::size_t size = byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  unsigned code = byte(0) & (0x7Fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr unsigned least[] = {0x80, 0x800, 0x10000};
  const bool half_a_pair = code >= 0xD800 && code <= 0xDFFF;
  return code < least[size - 2] || half_a_pair || code > 0x10FFFF ? 0 : size;
}

struct Cell {
  std::string_view text;
  Spot mark;
};

// Cuts a text into records. Owned by one parse.
class Records {
 public:
  Records(std::string_view text, const std::string& file, Report& report, TreeMemory& memory)
      : text_(text), file_(memory.keep_name(file)), report_(report), memory_(memory) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }
  // False and reported: it is in another encoding.
  bool is_utf8() {
    int line = 1, column = 1;
    for (std::string_view rest = text_; !rest.empty();) {
      const std::size_t size = character(rest);
      if (size == 0) {
        report_.error(Spot{file_, line, column},
                      "this is not UTF-8: save the table in that encoding");
        return false;
      }
      column += static_cast<int>(size);
      if (rest[0] == '\n') ++line, column = 1;
      rest.remove_prefix(size);
    }
    return true;
  }
  // The next record that is not an empty line; false at the end and after an error.
  bool next(std::vector<Cell>& record) {
    while (!text_.empty() && !broken_) {
      record.clear();
      do record.push_back(cell());
      while (!broken_ && took(','));
      if (broken_) break;
      took('\r');
      if (!text_.empty() && !took('\n')) {
        fail("a cell is over at a comma or at the end of its line");
        break;
      }
      if (record.size() > 1 || !record[0].text.empty()) return true;
    }
    return false;
  }
  bool broken() const { return broken_; }
  Spot mark() const { return {file_, line_, column_}; }

 private:
  Cell cell() {
    Cell out{{}, mark()};
    if (!took('"')) {
      const auto end = std::min(text_.find_first_of(",\r\n\""), text_.size());
      out.text = text_.substr(0, end);
      column_ += static_cast<int>(end), text_.remove_prefix(end);
      out.text = out.text.substr(0, out.text.find_last_not_of(" \t") + 1);
      out.text.remove_prefix(std::min(out.text.find_first_not_of(" \t"), out.text.size()));
      if (text_.starts_with('"')) fail("a cell with a quote in it stands in quotes as a whole");
      return out;
    }
    for (std::string text;;) {
      if (text_.empty()) {
        report_.error(out.mark, "this quote is never closed");
        broken_ = true;
        return out;
      }
      const char c = text_.front();
      took(c);
      if (c == '"' && !took('"')) {
        out.text = memory_.keep(text);
        return out;
      }
      text += c;
    }
  }
  bool took(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    ++column_;
    if (c == '\n') ++line_, column_ = 1;
    return true;
  }
  void fail(std::string message) {
    report_.error(mark(), std::move(message));
    broken_ = true;
  }

  std::string_view text_;
  const std::shared_ptr<const std::string>* const file_;
  Report& report_;
  TreeMemory& memory_;
  int line_ = 1, column_ = 1;
  bool broken_ = false;
};

std::optional<std::vector<Column>> columns_of(const std::vector<Cell>& head, Report& report) {
  std::vector<Column> out;
  bool good = true;
  const auto wrong = [&](const Cell& cell, std::string message) {
    report.error(cell.mark, std::move(message));
    good = false;
  };
  for (const Cell& cell : head) {
    const auto known = std::find_if(std::begin(known_columns), std::end(known_columns),
                                    [&](const Column& c) { return c.key == cell.text; });
    if (known == std::end(known_columns)) {
      std::vector<std::string> names;
      for (const Column& column : known_columns) names.emplace_back(column.key);
      wrong(cell,
            "unknown column '" + std::string(cell.text) + "'" + did_you_mean(cell.text, names));
    } else if (std::any_of(out.begin(), out.end(),
                           [&](const Column& c) { return c.key == known->key; })) {
      wrong(cell, "column '" + std::string(cell.text) + "' stands twice");
    } else {
      out.push_back(*known);
    }
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

Node scalar(std::string_view text, const Spot& mark) {
  Node out;
  out.kind = Node::Kind::scalar;
  out.text = text, out.mark = mark;
  return out;
}

// Makes CIs of records; keeps its lists between them.
class Rows {
 public:
  Rows(const std::vector<Column>& columns, const std::vector<Cell>& head, TreeMemory& memory)
      : columns_(columns), head_(head), memory_(memory) {}

  Node ci_of(const std::vector<Cell>& record) {
    Node out;
    out.kind = Node::Kind::map;
    out.mark = record.front().mark;
    members_.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (!record[i].text.empty())
        members_.push_back({columns_[i].key, head_[i].mark, value_of(record[i], columns_[i])});
    out.members = {members_, memory_};
    return out;
  }

 private:
  Node value_of(const Cell& cell, const Column& column) {
    if (!column.is_list) return scalar(cell.text, cell.mark);
    Node out;
    out.kind = Node::Kind::list;
    out.mark = cell.mark;
    words_.clear();
    for (std::string_view rest = cell.text; !rest.empty();) {
      const auto end = std::min(rest.find(';'), rest.size());
      std::string_view word = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (word.starts_with(' ')) word.remove_prefix(1);
      while (word.ends_with(' ')) word.remove_suffix(1);
      if (!word.empty()) words_.push_back(scalar(word, cell.mark));
    }
    out.items = {words_, memory_};
    return out;
  }

  const std::vector<Column>& columns_;
  const std::vector<Cell>& head_;
  TreeMemory& memory_;
  std::vector<Member> members_;
  std::vector<Node> words_;
};

std::size_t values_in(const Node& ci) {
  std::size_t n = 1;
  for (const Member& member : ci.members) n += 1 + member.value.items.size();
  return n;
}

}  // namespace

Parsed parse_csv(std::string text, const std::string& file, Report& report, TreeMemory& memory) {
  Parsed out;
  Records records(memory.keep_whole(std::move(text)), file, report, memory);
  const Spot top = records.mark();
  if (!records.is_utf8()) {
    out.broken = true;
    return out;
  }
  std::vector<Cell> head, record;
  const bool has_head = records.next(head);
  const auto columns = has_head ? columns_of(head, report) : std::nullopt;
  if (!has_head && !records.broken())
    report.error(top, "an inventory begins with the names of its columns");
  out.broken = !columns;
  const std::vector<Column> none;
  Rows rows(columns ? *columns : none, head, memory);
  std::vector<Node> cis;
  const std::size_t errors_before = report.errors.size();
  std::size_t values = 0;
  while (!out.broken && records.next(record)) {
    const Spot mark = record.front().mark;
    if (record.size() != columns->size()) {
      report.error(mark, "this line has " + std::to_string(record.size()) +
                             (record.size() == 1 ? " cell" : " cells") + ", and there are " +
                             std::to_string(columns->size()) + " columns");
    } else {
      cis.push_back(rows.ci_of(record));
      values += values_in(cis.back());
      if (values > file_values_max)
        report.error(mark, "more than " + std::to_string(file_values_max) + " values");
    }
    out.broken = report.errors.size() - errors_before >= errors_max || values > file_values_max;
  }
  out.broken = out.broken || records.broken();
  if (out.broken) return out;
  Member list{"cis", top, {}};
  list.value.kind = Node::Kind::list;
  list.value.mark = top;
  list.value.items = {cis, memory};
  out.root.kind = Node::Kind::map;
  out.root.mark = top;
  out.root.members = {&list, 1, memory};
  return out;
}

}  // namespace tocsin::config
