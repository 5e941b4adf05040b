#include "hub/store/usage_marks.h"

#include <unistd.h>

#include <atomic>
#include <system_error>

namespace cactus::hub {
namespace {

namespace fs = std::filesystem;

std::string prefix_of(const std::string& key) {
  return key + ".use.";
}

}  // namespace

UsageMark UsageMark::make(const fs::path& locks, const std::string& key, const std::string& task) {
  static std::atomic<int> count{0};
  UsageMark mark;
  const std::string name =
      prefix_of(key) + std::to_string(::getpid()) + "." + std::to_string(count++);
  auto lock = Lock::try_acquire(locks / name, task);
  if (lock && *lock) mark.lock_.push_back(std::move(**lock));
  return mark;
}

UsageMark::~UsageMark() {
  for (Lock& lock : lock_) lock.remove();
}

std::vector<LockOwner> users_of(const fs::path& locks, const std::string& key) {
  std::vector<LockOwner> users;
  std::error_code error;
  for (fs::directory_iterator at(locks, error), end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with(prefix_of(key))) continue;
    if (const auto owner = lock_owner(at->path())) {
      users.push_back(*owner);
    } else if (auto lock = Lock::try_acquire(at->path(), ""); lock && *lock) {
      (*lock)->remove();
    }
  }
  return users;
}

}  // namespace cactus::hub
