// The file this process runs from.
#pragma once
#include <string>

#include "engine/base/result.h"

namespace cactus::cli {

// Absolute path; internal when the system does not tell.
Result<std::string> executable_path();

}  // namespace cactus::cli
