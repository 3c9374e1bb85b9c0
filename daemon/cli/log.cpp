#include "daemon/cli/log.hpp"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "daemon/cli/printable.hpp"

namespace tocsin::cli {
namespace {

constexpr std::size_t queue_lines = 8192;
constexpr const char* pattern = "time=%Y-%m-%dT%H:%M:%S.%eZ %v";

// Owned by the process; set before the first and reset after the last thread that logs.
std::shared_ptr<spdlog::logger> queued, direct;
LogLevel least_level = LogLevel::info;

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

}  // namespace

std::string log_line(LogLevel level, std::string_view event, std::string_view detail) {
  std::string out = "level=";
  out += word(level);
  out += " event=";
  out += printable(event);
  if (detail.empty()) return out;
  out += " detail=\"";
  for (const char c : printable(detail)) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

void open_log(LogLevel least) {
  least_level = least;
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->set_formatter(
      std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
  direct = std::make_shared<spdlog::logger>("direct", sink);
  spdlog::init_thread_pool(queue_lines, 1);
  queued = std::make_shared<spdlog::async_logger>("queued", sink, spdlog::thread_pool(),
                                                  spdlog::async_overflow_policy::overrun_oldest);
}

void close_log() {
  spdlog::shutdown();  // joins the thread that writes, so what it used may go
  queued.reset();
  direct.reset();
}

void log(LogLevel level, std::string_view event, std::string_view detail) {
  if (level < least_level || !direct) return;
  const std::string line = log_line(level, event, detail);
  if (level == LogLevel::error) {
    direct->info("{}", line);
    direct->flush();
  } else {
    queued->info("{}", line);
  }
}

}  // namespace tocsin::cli
