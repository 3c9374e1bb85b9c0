#include "daemon/engine/black_box.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <ctime>
#include <type_traits>
#include <utility>

namespace tocsin {

// As it lies in the file, which only processes of one machine read. A field is only ever appended.
struct BlackBox::Page {
  enum class Life : std::uint64_t { over, starting, running };
  struct Mark {
    std::uint64_t hash, kind, ends;
    std::int64_t last_at_ms;
  };

  char magic[8];
  char version[32];
  Life life;
  std::uint64_t signal;      // that ended it; 0: none
  std::uint64_t kind, hash;  // in hand of the thread that crashed
  char why[256];             // it gave up; empty: it did not
  std::int64_t told_at_ms;
  std::uint64_t ends;  // ever
  std::int64_t ends_ms[ends_kept];
  Mark marks[suspects_max];
};

namespace {

constexpr char magic[8] = {'T', 'O', 'C', 'S', 'I', 'N', 'B', '1'};
constexpr std::size_t page_bytes = 4096;
constexpr std::array<int, 5> crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// For the handler, which finds nothing else.
std::uint64_t* crash_signal = nullptr;
std::uint64_t* crash_kind = nullptr;
std::uint64_t* crash_hash = nullptr;
std::array<struct sigaction, crashes.size()> actions_before;
volatile std::sig_atomic_t crashing = 0;
std::atomic<const Input*> watched = nullptr;

// Another thread's bytes may be gone already; its numbers are not.
Input input_of(const siginfo_t& info) {
  const Input* other = watched.load();
  if (info.si_code != SI_USER || !other) return input_in_hand;
  return {other->kind, other->number, {}};
}

void on_crash(int signal, siginfo_t* info, void*) {
  if (!crashing) {
    crashing = 1;
    *crash_signal = static_cast<std::uint64_t>(signal);
    const Input input = input_of(*info);
    if (input.kind != InputKind::none) {
      *crash_hash = input.hash();
      *crash_kind = static_cast<std::uint64_t>(input.kind);
    }
  }
  // As it would have ended without us: a fault comes again, and so does what was sent.
  for (std::size_t i = 0; i < crashes.size(); ++i)
    if (crashes[i] == signal) ::sigaction(signal, &actions_before[i], nullptr);
  ::raise(signal);
}

std::string words_of(std::uint64_t signal) {
  const char* name = ::sigabbrev_np(static_cast<int>(signal));
  return std::string("it crashed") + (name ? std::string(" by SIG") + name : "");
}

template <std::size_t N>
void copy_text(char (&to)[N], std::string_view from) {
  std::memset(to, 0, N);
  from.copy(to, N - 1);  // of no text as well, which has no address
}

int open_file(const std::string& path) {
  if (path.empty()) return -1;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return -1;
  // All of it is written, so that no later store needs space.
  char old[page_bytes]{};
  const bool mine = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::pread(fd, old, sizeof old, 0) >= 0 &&
                    ::pwrite(fd, old, sizeof old, 0) == static_cast<ssize_t>(sizeof old);
  if (mine) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

BlackBox::BlackBox(const std::string& path, std::string_view version, Wall now)
    : fd_(open_file(path)) {
  static_assert(sizeof(Page) <= page_bytes && std::is_trivially_copyable_v<Page>);
  const int flags = fd_ >= 0 ? MAP_SHARED | MAP_POPULATE : MAP_PRIVATE | MAP_ANONYMOUS;
  void* map = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, flags, fd_, 0);
  if (map == MAP_FAILED && fd_ >= 0) {
    ::close(std::exchange(fd_, -1));
    map = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (map == MAP_FAILED) std::abort();  // not a page of memory is left
  // A page that was written back and dropped would have to be read again, from a disk that may
  // fail.
  (void)::mlock(map, page_bytes);
  page_ = static_cast<Page*>(map);
  if (std::memcmp(page_->magic, magic, sizeof magic) != 0) {
    std::memset(map, 0, page_bytes);
    std::memcpy(page_->magic, magic, sizeof magic);
  }
  take_over(version, now);
}

BlackBox::~BlackBox() {
  if (crash_signal == &page_->signal) {
    for (std::size_t i = 0; i < crashes.size(); ++i)
      ::sigaction(crashes[i], &actions_before[i], nullptr);
    crash_signal = crash_kind = crash_hash = nullptr;
    watched = nullptr;
  }
  ::munmap(page_, page_bytes);
  if (fd_ >= 0) ::close(fd_);
}

// What the process before left is counted and put into words, and the page is ours.
void BlackBox::take_over(std::string_view version, Wall now) {
  Page& p = *page_;
  const bool same_version = std::string_view(p.version, ::strnlen(p.version, sizeof p.version)) ==
                            version.substr(0, sizeof p.version - 1);
  if (!same_version) std::memset(p.marks, 0, sizeof p.marks);
  const std::string_view why(p.why, ::strnlen(p.why, sizeof p.why));
  if (p.signal != 0 || !why.empty()) {
    before_.how = p.signal != 0 ? words_of(p.signal) : std::string(why);
    before_.gave_up = p.signal == 0;
    before_.while_starting = p.life == Page::Life::starting;
    p.ends_ms[p.ends++ % ends_kept] = now.ms;
  }
  if (p.signal != 0 && p.kind != 0) {
    Page::Mark* mark = std::find_if(std::begin(p.marks), std::end(p.marks),
                                    [&p](const auto& m) { return m.hash == p.hash && m.ends; });
    if (mark == std::end(p.marks))  // the one that was longest ago makes room
      mark = std::min_element(std::begin(p.marks), std::end(p.marks),
                              [](auto& a, auto& b) { return a.last_at_ms < b.last_at_ms; }),
      *mark = {p.hash, p.kind, 0, 0};
    ++mark->ends;
    mark->last_at_ms = now.ms;
  }
  for (const std::int64_t at : p.ends_ms)
    before_.recent += at != 0 && at <= now.ms && at + recently.ms > now.ms;
  for (Page::Mark& m : p.marks) {
    if (m.ends && m.last_at_ms + quarantined_for.ms <= now.ms) m = {};
    if (!m.ends) continue;
    const bool quarantined = m.ends >= ends_to_quarantine;
    before_.suspects.push_back({m.hash, static_cast<InputKind>(m.kind),
                                static_cast<std::uint32_t>(m.ends), Wall{m.last_at_ms},
                                quarantined});
    if (quarantined) quarantine_.push_back(m.hash);
  }
  std::sort(quarantine_.begin(), quarantine_.end());
  copy_text(p.version, version);
  p.life = Page::Life::starting;
  p.signal = p.kind = p.hash = 0;
  copy_text(p.why, {});
}

void BlackBox::arm() {
  crash_signal = &page_->signal, crash_kind = &page_->kind, crash_hash = &page_->hash;
  struct sigaction action {};
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < crashes.size(); ++i)
    ::sigaction(crashes[i], &action, &actions_before[i]);
}

void BlackBox::watch_this_thread() {
  watched = &input_in_hand;
}

void BlackBox::started() {
  page_->life = Page::Life::running;
}
void BlackBox::failing(std::string_view why) {
  copy_text(page_->why, why);
}
void BlackBox::ended() {
  page_->life = Page::Life::over;
  copy_text(page_->why, {});
}

bool BlackBox::quarantined(const Input& input) const {
  if (quarantine_.empty()) return false;
  return std::binary_search(quarantine_.begin(), quarantine_.end(), input.hash());
}

Wall BlackBox::told_at() const {
  return Wall{page_->told_at_ms};
}
void BlackBox::told(Wall at) {
  page_->told_at_ms = at.ms;
}

}  // namespace tocsin
