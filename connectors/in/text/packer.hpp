#pragma once
// Labels and annotations of one alert on their way into a batch: sorted, without empty values,
// within the limits. One per thread, reused, so that an alert costs no allocation once the vectors
// have grown.

#include <string>
#include <string_view>
#include <vector>

#include "rules/model/alert.hpp"

namespace tocsin {

class AlertPacker {
 public:
  void clear();
  // The views must live until pack(). An empty value is the same as none.
  void label(std::string_view name, std::string_view value) { add(labels_, name, value); }
  void annotation(std::string_view name, std::string_view value) { add(annotations_, name, value); }
  void generator_url(std::string_view url) { generator_url_ = url; }
  bool has_label(std::string_view name) const { return has(labels_, name); }
  bool has_annotation(std::string_view name) const { return has(annotations_, name); }
  std::string_view label_value(std::string_view name) const;

  // Appends the alert to the batch, `alert` carrying its times. Otherwise says why not, in words
  // that follow the name of the item: "has no label". An annotation that is too long is cut, not
  // refused: it describes the alert and does not name it.
  bool pack(AlertBatch& batch, IncomingAlert alert, std::string& why);

 private:
  static void add(std::vector<Pair>& pairs, std::string_view name, std::string_view value) {
    if (!value.empty()) pairs.emplace_back(name, value);
  }
  static bool has(const std::vector<Pair>& pairs, std::string_view name);
  bool fits(std::string& why);

  std::vector<Pair> labels_, annotations_;
  std::string_view generator_url_;
};

}  // namespace tocsin
