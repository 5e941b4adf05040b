// Which processes use an installed bundle, so that it is not taken away under them.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "hub/store/lock.h"

namespace cactus::hub {

// While it lives, this process counts as a user of the bundle that `key` names. Where the mark
// cannot be made (a store that only others may write) the bundle is used without one.
class UsageMark {
 public:
  UsageMark() = default;
  static UsageMark make(const std::filesystem::path& locks, const std::string& key,
                        const std::string& task);

 private:
  std::vector<Lock> lock_;  // one or none
 public:
  UsageMark(UsageMark&&) noexcept = default;
  UsageMark& operator=(UsageMark&&) noexcept = default;
  ~UsageMark();
};

// Those that are alive. Marks of processes that ended without a word are taken away.
std::vector<LockOwner> users_of(const std::filesystem::path& locks, const std::string& key);

}  // namespace cactus::hub
