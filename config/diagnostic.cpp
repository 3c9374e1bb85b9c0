#include "config/diagnostic.hpp"

#include <algorithm>
#include <tuple>

namespace tocsin {

std::string to_text(const Diagnostic& d) {
  if (d.line == 0) return d.file + ": " + d.message;
  return d.file + ":" + std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message;
}

}  // namespace tocsin

namespace tocsin::config {

std::string to_text(const Mark& mark) {
  return (mark.file ? *mark.file : "") + (mark.line > 0 ? ":" + std::to_string(mark.line) : "");
}

void Report::add(std::vector<Diagnostic>& to, const Mark& at, std::string message) {
  to.push_back({at.file ? *at.file : "", at.line, at.column, std::move(message)});
}

void sort_diagnostics(std::vector<Diagnostic>& list) {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.file, d.line, d.column, d.message);
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto same = [&](const auto& a, const auto& b) { return key(a) == key(b); };
  list.erase(std::unique(list.begin(), list.end(), same), list.end());
}

}  // namespace tocsin::config
