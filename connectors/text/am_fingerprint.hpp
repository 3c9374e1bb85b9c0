#pragma once
// The fingerprint that Alertmanager gives an alert: 64-bit FNV-1a over the sorted labels, each name
// and value followed by a byte 0xff. Shown where its API shows it; never an identity here. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "rules/model/alert.hpp"

namespace tocsin {

std::uint64_t am_fingerprint(AlertText text);
std::uint64_t am_fingerprint(const std::vector<Pair>& labels);  // sorted, no empty values
std::string am_fingerprint_text(std::uint64_t fingerprint);     // 16 lower-case hex digits

}  // namespace tocsin
