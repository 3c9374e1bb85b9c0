#pragma once
// How a verb ends, as scripts see it. 75, after a failed write, is the engine's own.

namespace tocsin::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_no = 1;  // the answer is no: check failed, not found, cannot start
inline constexpr int exit_usage = 2;
inline constexpr int exit_unreachable = 69;
inline constexpr int exit_not_permitted = 77;

}  // namespace tocsin::cli
