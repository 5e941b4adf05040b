#include "hub/store/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/json.h"

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kPoll{50}, kTell{500};
constexpr std::size_t kOwnerLimit = 4096;  // bytes of the text in a lock file

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string this_host() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::uint64_t number_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_number_unsigned() ? at->get<std::uint64_t>() : 0;
}

std::string text_at(const Json& json, const char* key) {
  const auto at = json.find(key);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

LockOwner read_owner(int fd) {
  char text[kOwnerLimit];
  const ssize_t n = ::pread(fd, text, sizeof text, 0);
  LockOwner owner;
  if (n <= 0) return owner;
  const auto json = parse_json(std::string_view(text, static_cast<std::size_t>(n)), "lock");
  if (!json || !json->is_object()) return owner;
  owner.pid = static_cast<long>(number_at(*json, "pid"));
  owner.host = text_at(*json, "host");
  owner.task = text_at(*json, "task");
  owner.done = number_at(*json, "done");
  owner.total = number_at(*json, "total");
  return owner;
}

// The file may have been taken away between opening and locking it: then the lock is worth nothing.
bool still_there(int fd, const fs::path& file) {
  struct stat held {}, named {};
  return ::fstat(fd, &held) == 0 && ::stat(file.c_str(), &named) == 0 &&
         held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

bool lock_now(int fd) {
  int result = 0;
  do {
    result = ::flock(fd, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

std::string LockOwner::text() const {
  if (pid == 0) return "another process";
  std::string text = "process " + std::to_string(pid);
  if (!host.empty() && host != this_host()) text += " on " + host;
  return task.empty() ? text : text + " (" + task + ")";
}

Lock::Lock(int fd, fs::path file, std::string task)
    : fd_(fd), file_(std::move(file)), task_(std::move(task)) {
  write_owner();
}

Lock::Lock(Lock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      file_(std::move(other.file_)),
      task_(std::move(other.task_)),
      done_(other.done_),
      total_(other.total_),
      written_ms_(other.written_ms_) {}

Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(file_, other.file_);
  std::swap(task_, other.task_);
  return *this;
}

Lock::~Lock() {
  if (fd_ < 0) return;
  // So that nobody reads of an owner that is gone.
  if (::ftruncate(fd_, 0) != 0) { /* it is only a text */
  }
  ::close(fd_);
}

Result<std::optional<Lock>> Lock::try_acquire(const fs::path& file, const std::string& task) {
  CACTUS_CHECK(make_folders(file.parent_path()));
  for (;;) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664);
    if (fd < 0) return file_error("lock", file, errno);
    if (!lock_now(fd)) {
      const int why = errno;
      ::close(fd);
      if (why != EWOULDBLOCK) return file_error("lock", file, why);
      return std::optional<Lock>();
    }
    if (still_there(fd, file)) return std::optional<Lock>(Lock(fd, file, task));
    ::close(fd);
  }
}

Result<Lock> Lock::acquire(const fs::path& file, const std::string& task, const Wait& wait) {
  auto told = std::chrono::steady_clock::time_point{};
  std::optional<std::chrono::steady_clock::time_point> unsigned_since;
  for (;;) {
    CACTUS_TRY(lock, try_acquire(file, task));
    if (lock) return std::move(*lock);
    const auto now = std::chrono::steady_clock::now();
    if (now - told >= kTell) {
      const auto owner = lock_owner(file);
      // Who has only just taken the lock has not signed it yet: told when that stays so.
      const bool unsigned_now = owner && owner->pid == 0;
      if (unsigned_now && !unsigned_since) unsigned_since = now;
      const bool fresh = unsigned_now && now - *unsigned_since < kTell;
      if (!fresh) told = now;
      if (owner && !fresh && wait && !wait(*owner))
        return make_error(ErrorKind::cancelled, "gave up waiting for " + owner->text());
    }
    std::this_thread::sleep_for(kPoll);
  }
}

void Lock::write_owner() {
  written_ms_ = now_ms();
  const std::string text = dump_json({{"pid", static_cast<long>(::getpid())},
                                      {"host", this_host()},
                                      {"task", task_},
                                      {"done", done_},
                                      {"total", total_}}) +
                           "\n";
  // One write over the old text, then its end: who reads in between sees no valid JSON, and that
  // is allowed.
  if (::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    if (::ftruncate(fd_, static_cast<off_t>(text.size())) != 0) return;
}

void Lock::progress(std::uint64_t done, std::uint64_t total) {
  done_ = done;
  total_ = total;
  if (fd_ >= 0 && now_ms() - written_ms_ >= 1000) write_owner();
}

void Lock::remove() {
  if (fd_ < 0) return;
  ::unlink(file_.c_str());
  ::close(fd_);
  fd_ = -1;
}

std::optional<LockOwner> lock_owner(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return {};
  std::optional<LockOwner> owner;
  if (!lock_now(fd)) {
    owner = read_owner(fd);
  }  // else: free; closing gives it back
  ::close(fd);
  return owner;
}

}  // namespace cactus::hub
