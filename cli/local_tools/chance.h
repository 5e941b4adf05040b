// Unbiased draws from a source of unpredictable bytes.
#pragma once
#include <cstdint>

#include "cli/local_tools/tool.h"

namespace cactus::cli {

// Each of 0 … count-1 equally likely (count of 0 means all 2^64 values): values beyond the last
// whole multiple of count are drawn again.
Result<std::uint64_t> draw(const ToolEnvironment& environment, std::uint64_t count);

}  // namespace cactus::cli
