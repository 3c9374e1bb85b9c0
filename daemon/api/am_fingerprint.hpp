#pragma once
// The fingerprint that Alertmanager's API shows: 64-bit FNV-1a over the sorted labels, each name
// and value followed by a byte 0xff. Shown where that API shows it; never an identity here. Pure.

#include <cstdint>
#include <string>

#include "rules/model/alert.hpp"

namespace tocsin::api {

std::uint64_t am_fingerprint(AlertText text);
std::string am_fingerprint_text(std::uint64_t fingerprint);  // 16 lower-case hex digits

}  // namespace tocsin::api
