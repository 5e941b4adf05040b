// A lock on a file that the system releases when its owner ends, however it ends, and that says who
// the owner is.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace cactus::hub {

struct LockOwner {
  long pid = 0;         // 0: not known (it has just taken the lock)
  std::string host;     // the file system may be shared
  std::string task;     // "installing google/gemma-4-E2B-it"
  std::uint64_t done = 0, total = 0;  // bytes; total 0 when it has not said

  std::string text() const;  // "process 4711 (installing …)"
};

// Holds the lock while it lives. Moved from, it holds nothing.
class Lock {
 public:
  // Called about twice a second while another process holds it; false gives up (cancelled).
  using Wait = std::function<bool(const LockOwner&)>;

  // Makes the file and the folders above it. Errors: usage or resources when the file cannot be
  // made, cancelled when `wait` says so.
  static Result<Lock> acquire(const std::filesystem::path& file, const std::string& task,
                              const Wait& wait);
  // Nothing when another process (or another Lock of this one) holds it.
  static Result<std::optional<Lock>> try_acquire(const std::filesystem::path& file,
                                                 const std::string& task);
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  // For those who wait: written at most once a second.
  void progress(std::uint64_t done, std::uint64_t total);
  // Takes the file away, and the lock with it; who waits makes a new one.
  void remove();

 private:
  Lock(int fd, std::filesystem::path file, std::string task);
  void write_owner();

  int fd_ = -1;
  std::filesystem::path file_;
  std::string task_;
  std::uint64_t done_ = 0, total_ = 0;
  std::int64_t written_ms_ = 0;
};

// Who holds the lock of `file` now; nothing when nobody does.
std::optional<LockOwner> lock_owner(const std::filesystem::path& file);

}  // namespace cactus::hub
