// Bundles of a published shape with random weights: as large and as fast as the real thing, without
// its download. What they say is noise.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::cli {

std::vector<std::string_view> shape_names();
// The configuration (config.json) of a shape; usage with the names there are when it is none.
Result<Json> shape_config(std::string_view name);

// A tokenizer.json as large as Gemma's: `vocab` tokens with byte fallback, about two merges a
// token.
std::string synthetic_tokenizer(std::int64_t vocab);

}  // namespace cactus::cli
