// Why an answer came from where it came (--explain, /why).
#pragma once
#include <string>

#include "cli/routing.h"

namespace cactus::cli {

// A few lines, without a newline at the end.
std::string explain(const TurnResult& turn, const Policy& policy);

}  // namespace cactus::cli
