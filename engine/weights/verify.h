// Reads a whole bundle again and compares it with its checksums.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace cactus {

struct VerifyReport {
  std::uint64_t bytes = 0;  // read
  std::uint64_t tensors = 0;
  std::vector<std::string> problems;  // one line each, empty when the bundle is whole
};

struct VerifyOptions {
  int threads = 0;                                                        // 0: the default
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // bytes; calling thread
  const std::atomic<bool>* cancel = nullptr;
};

// A report, also for a damaged bundle. Errors: as Bundle::open for one that cannot be opened at all
// (a changed manifest is one of those), cancelled.
Result<VerifyReport> verify_bundle(const std::filesystem::path& folder,
                                   const VerifyOptions& options = {});

}  // namespace cactus
