#include "connectors/in/text/packer.hpp"

#include <algorithm>

#include "connectors/text/quote.hpp"

namespace tocsin {
namespace {

bool by_name(const Pair& a, const Pair& b) {
  return a.first < b.first;
}

void sort_by_name(std::vector<Pair>& pairs) {
  if (!std::is_sorted(pairs.begin(), pairs.end(), by_name))
    std::sort(pairs.begin(), pairs.end(), by_name);
}

std::string named(std::string_view what, std::string_view name) {
  return std::string(what) + " '" + printable(name, 64) + "'";
}

std::string limit(std::size_t n) {
  return std::to_string(n);
}

}  // namespace

void AlertPacker::clear() {
  // Of a flood of labels, which is refused, the room is not kept.
  for (auto* pairs : {&labels_, &annotations_}) {
    pairs->clear();
    if (pairs->capacity() > 16 * AlertLimits::labels) std::vector<Pair>().swap(*pairs);
  }
  generator_url_ = {};
}

bool AlertPacker::has(const std::vector<Pair>& pairs, std::string_view name) {
  return std::any_of(pairs.begin(), pairs.end(), [name](const Pair& p) { return p.first == name; });
}

std::string_view AlertPacker::label_value(std::string_view name) const {
  for (const auto& [key, value] : labels_)
    if (key == name) return value;
  return {};
}

bool AlertPacker::fits(std::string& why) {
  if (labels_.empty()) return why = "has no label with a value", false;
  if (labels_.size() > AlertLimits::labels)
    return why = "has more than " + limit(AlertLimits::labels) + " labels", false;
  if (annotations_.size() > AlertLimits::annotations)
    return why = "has more than " + limit(AlertLimits::annotations) + " annotations", false;
  std::size_t size = 10 + generator_url_.size();
  for (const auto& [name, value] : labels_) {
    if (name.empty()) return why = "has a label without a name", false;
    if (name.size() > AlertLimits::name_bytes)
      return why = named("has a name over 256 bytes, label", name), false;
    if (value.size() > AlertLimits::label_bytes)
      return why = named("has a value over 2048 bytes in label", name), false;
    size += 4 + name.size() + value.size();
  }
  for (auto& [name, value] : annotations_) {
    if (name.empty()) return why = "has an annotation without a name", false;
    if (name.size() > AlertLimits::name_bytes)
      return why = named("has a name over 256 bytes, annotation", name), false;
    value = cut_utf8(value, AlertLimits::annotation_bytes);
    size += 4 + name.size() + value.size();
  }
  if (size > AlertLimits::text_bytes) return why = "is larger than 32 KiB", false;
  return true;
}

bool AlertPacker::pack(AlertBatch& batch, IncomingAlert alert, std::string& why) {
  if (!fits(why)) return false;
  sort_by_name(labels_);
  sort_by_name(annotations_);
  alert.text_at = static_cast<std::uint32_t>(batch.bytes.size());
  pack_alert(batch.bytes, labels_, annotations_, generator_url_);
  alert.text_size = static_cast<std::uint32_t>(batch.bytes.size()) - alert.text_at;
  batch.alerts.push_back(alert);
  return true;
}

}  // namespace tocsin
