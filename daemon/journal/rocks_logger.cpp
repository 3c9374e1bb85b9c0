#include "daemon/journal/rocks_logger.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <exception>

namespace tocsin::store {
namespace {

class RocksLogger final : public rocksdb::Logger {
 public:
  explicit RocksLogger(JournalLog sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}
  ~RocksLogger() override { (void)Close(); }

  void LogHeader(const char*, va_list) override {}  // the list of all options at every open

  using Logger::Logv;
  void Logv(const char* format, va_list args) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, args);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (level < GetInfoLogLevel()) return;
    char line[1024];
    const int wanted = std::vsnprintf(line, sizeof line, format, args);
    if (wanted <= 0) return;
    const std::size_t size = std::min<std::size_t>(wanted, sizeof line - 1);
    try {
      sink_(severity(level), std::string_view(line, size));
    } catch (const std::exception&) {
      // An exception must not cross RocksDB; a lost line is the lesser evil.
    }
  }

 protected:
  rocksdb::Status CloseImpl() override { return rocksdb::Status::OK(); }

 private:
  static int severity(rocksdb::InfoLogLevel level) {
    switch (level) {
      case rocksdb::InfoLogLevel::DEBUG_LEVEL:
        return log_level::debug;
      case rocksdb::InfoLogLevel::WARN_LEVEL:
        return log_level::warning;
      case rocksdb::InfoLogLevel::ERROR_LEVEL:
      case rocksdb::InfoLogLevel::FATAL_LEVEL:
        return log_level::error;
      default:
        return log_level::info;
    }
  }

  const JournalLog sink_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> make_rocks_logger(JournalLog sink) {
  return std::make_shared<RocksLogger>(std::move(sink));
}

}  // namespace tocsin::store
