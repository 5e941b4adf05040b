// Which model of a provider answers hand-offs, chosen on a terminal.
#pragma once
#include <string>
#include <vector>

#include "cli/context.h"

namespace cactus::cli {

// `models` as the provider lists them; those with a known price come first, with it. A number, a
// name, or nothing (then the result is empty).
Result<std::string> choose_model(Context& context, const Settings& settings,
                                 const std::string& provider, std::vector<std::string> models);

}  // namespace cactus::cli
