#include "config/places.hpp"

#include "config/inventory.hpp"

namespace tocsin::config {
namespace {

constexpr int levels_max = 3;

void add(Places& out, std::string key, const Spot& mark) {
  if (mark.file) out.add(std::move(key), **mark.file, mark.line);
}

void walk(Places& out, const Node& node, const std::string& prefix, int level) {
  for (const Member& member : node.members) {
    if (member.key == imported_cis) continue;  // they stand in no file
    const std::string key = prefix + std::string(member.key);
    add(out, key, member.mark);
    if (level < levels_max && member.value.kind == Node::Kind::map)
      walk(out, member.value, key + ".", level + 1);
    for (std::size_t i = 0; i < member.value.items.size(); ++i) {
      const Node& item = member.value.items[i];
      const auto name = item.kind == Node::Kind::map ? name_of(item) : std::nullopt;
      std::string full = key;
      if (name)
        full.append(".").append(*name);
      else
        full.append("[").append(std::to_string(i)).append("]");
      add(out, std::move(full), item.mark);
    }
  }
}

}  // namespace

std::optional<std::string_view> name_of(const Node& item) {
  for (const std::string_view key : {"id", "name"})
    if (const Node* node = item.find(key); node && node->kind == Node::Kind::scalar)
      return node->text;
  return {};
}

void add_imported(Places& out, const Node& list) {
  for (const Node& ci : list.items)
    if (const auto name = name_of(ci)) out.add("cis." + std::string(*name), imported_name, 0);
}

std::shared_ptr<const Places> places_of(const Node& root, bool stored) {
  auto out = std::make_shared<Places>();
  walk(*out, root, "", 1);
  if (const Node* imported = root.find(imported_cis)) add_imported(*out, *imported);
  if (stored) out->mark_stored();
  out->sort();
  return out;
}

}  // namespace tocsin::config
