// What the program tells about its own work: standard error, warnings only unless -v, -vv or
// CACTUS_LOG ask for more. Keys are masked (cli/redact.h).
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli::log {

// `specification` is CACTUS_LOG: "debug", or "warn,http=trace" (levels trace, debug, info, warn,
// error, off). usage when it is something else.
Status init(int verbosity, std::string_view specification);

void debug(const std::string& message);
void info(const std::string& message);

}  // namespace cactus::cli::log
