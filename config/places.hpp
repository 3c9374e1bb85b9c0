#pragma once
// The tree of a configuration -> where each key and each named thing in it stands. Internal to
// config/. Pure.

#include <memory>
#include <optional>
#include <string_view>

#include "config/tree.hpp"
#include "rules/model/places.hpp"

namespace tocsin::config {

// Keys to three levels; of lists of named things the things, and of other lists the items.
std::shared_ptr<const Places> places_of(const Node& root, bool stored);

// What a thing of a list is called, if it is: most have an id, channels and integrations a name.
std::optional<std::string_view> name_of(const Node& item);
// The CIs of a list that was imported.
void add_imported(Places& out, const Node& list);

}  // namespace tocsin::config
