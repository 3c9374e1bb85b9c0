#include "config/csv.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include "config/text.hpp"

namespace tocsin::config {
namespace {

// Of a table that is none every line is wrong: enough is said with these.
constexpr std::size_t errors_max = 20;
constexpr std::size_t values_max = 1'000'000;  // as many as a file of YAML may have

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
  std::string text;
  Mark mark;
};

// Cuts a text into records. Owned by one parse.
class Records {
 public:
  Records(std::string_view text, const std::string& file, Report& report)
      : text_(text), file_(std::make_shared<const std::string>(file)), report_(report) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }
  // False and reported: it is in another encoding.
  bool is_utf8() {
    int line = 1, column = 1;
    for (std::string_view rest = text_; !rest.empty();) {
      const std::size_t size = character(rest);
      if (size == 0) {
        report_.error({file_, line, column}, "this is not UTF-8: save the table in that encoding");
        return false;
      }
      column += static_cast<int>(size);
      if (rest[0] == '\n') ++line, column = 1;
      rest.remove_prefix(size);
    }
    return true;
  }
  // The next record that is not an empty line; nothing at the end and after an error.
  std::optional<std::vector<Cell>> next() {
    while (!text_.empty() && !broken_) {
      std::vector<Cell> record;
      do record.push_back(cell());
      while (!broken_ && took(','));
      if (broken_) break;
      took('\r');
      if (!text_.empty() && !took('\n')) {
        fail("a cell is over at a comma or at the end of its line");
        break;
      }
      if (record.size() > 1 || !record[0].text.empty()) return record;
    }
    return std::nullopt;
  }
  bool broken() const { return broken_; }
  Mark mark() const { return {file_, line_, column_}; }

 private:
  Cell cell() {
    Cell out{{}, mark()};
    if (!took('"')) {
      const auto end = std::min(text_.find_first_of(",\r\n\""), text_.size());
      out.text = text_.substr(0, end);
      column_ += static_cast<int>(end), text_.remove_prefix(end);
      const auto last = out.text.find_last_not_of(" \t");
      out.text.erase(last == std::string::npos ? 0 : last + 1);
      out.text.erase(0, std::min(out.text.find_first_not_of(" \t"), out.text.size()));
      if (text_.starts_with('"')) fail("a cell with a quote in it stands in quotes as a whole");
      return out;
    }
    while (true) {
      if (text_.empty()) {
        report_.error(out.mark, "this quote is never closed");
        broken_ = true;
        return out;
      }
      const char c = text_.front();
      took(c);
      if (c == '"' && !took('"')) return out;
      out.text += c;
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
  std::shared_ptr<const std::string> file_;
  Report& report_;
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
      wrong(cell, "unknown column '" + cell.text + "'" + did_you_mean(cell.text, names));
    } else if (std::any_of(out.begin(), out.end(),
                           [&](const Column& c) { return c.key == known->key; })) {
      wrong(cell, "column '" + cell.text + "' stands twice");
    } else {
      out.push_back(*known);
    }
  }
  return good ? std::optional(std::move(out)) : std::nullopt;
}

Node scalar(std::string text, const Mark& mark) {
  Node out;
  out.kind = Node::Kind::scalar;
  out.text = std::move(text), out.mark = mark;
  return out;
}

Node value_of(Cell cell, const Column& column) {
  if (!column.is_list) return scalar(std::move(cell.text), cell.mark);
  Node out;
  out.kind = Node::Kind::list;
  out.mark = cell.mark;
  for (std::string_view rest = cell.text; !rest.empty();) {
    const auto end = std::min(rest.find(';'), rest.size());
    std::string_view word = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (!word.empty()) out.items.push_back(scalar(std::string(word), cell.mark));
  }
  return out;
}

Node ci_of(std::vector<Cell> record, const std::vector<Column>& columns,
           const std::vector<Cell>& head) {
  Node out;
  out.kind = Node::Kind::map;
  out.mark = record.front().mark;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!record[i].text.empty())
      out.members.push_back(
          {std::string(columns[i].key), head[i].mark, value_of(std::move(record[i]), columns[i])});
  return out;
}

std::size_t values_in(const Node& ci) {
  std::size_t n = 1;
  for (const Member& member : ci.members) n += 1 + member.value.items.size();
  return n;
}

}  // namespace

Parsed parse_csv(const std::string& text, const std::string& file, Report& report) {
  Parsed out;
  Records records(text, file, report);
  const Mark top = records.mark();
  if (!records.is_utf8()) {
    out.broken = true;
    return out;
  }
  const auto head = records.next();
  const auto columns = head ? columns_of(*head, report) : std::nullopt;
  if (!head && !records.broken())
    report.error(top, "an inventory begins with the names of its columns");
  out.broken = !columns;
  Node list;
  list.kind = Node::Kind::list;
  list.mark = top;
  const std::size_t errors_before = report.errors.size();
  std::size_t values = 0;
  while (!out.broken) {
    auto record = records.next();
    if (!record) break;
    const Mark mark = record->front().mark;
    if (record->size() != columns->size()) {
      report.error(mark, "this line has " + std::to_string(record->size()) +
                             (record->size() == 1 ? " cell" : " cells") + ", and there are " +
                             std::to_string(columns->size()) + " columns");
    } else {
      list.items.push_back(ci_of(std::move(*record), *columns, *head));
      values += values_in(list.items.back());
      if (values > values_max)
        report.error(mark, "more than " + std::to_string(values_max) + " values");
    }
    out.broken = report.errors.size() - errors_before >= errors_max || values > values_max;
  }
  out.broken = out.broken || records.broken();
  if (out.broken) return out;
  out.root.kind = Node::Kind::map;
  out.root.mark = top;
  out.root.members.push_back({"cis", top, std::move(list)});
  return out;
}

}  // namespace tocsin::config
