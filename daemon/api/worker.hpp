#pragma once
// One thread with a bounded queue, for work that may take a while: rendering large reads, writing
// mailbox files, compiling a configuration. So no I/O thread and no turn ever waits for it.
// post() from any thread; jobs run in order and must not throw.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace tocsin::api {

class Worker {
 public:
  using Job = std::function<void()>;
  // Whether what it does may take CPU from those who hear alerts and page.
  enum class Haste : std::uint8_t { others_first, at_once };
  Worker(const std::string& name, std::size_t jobs_max,  // name: at most 15 bytes
         Haste haste = Haste::at_once);
  ~Worker();  // stops
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  [[nodiscard]] bool post(Job job);  // false: full or stopped; the job was not taken
  void stop();                       // does what is queued, then ends the thread

 private:
  void run();

  const std::size_t jobs_max_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tocsin::api
