// The probe format published for Gemma 4 E2B (`handoff_probe.bin`, magic CHP10P6).
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/probe/head.h"

namespace cactus {

// 8 bytes "CHP10P6\0"; five little-endian uint32: version (1), hidden, 32, 128, 64; then float32:
// norm weight and bias, projection weight and bias, query, and weight and bias of the three layers
// after the pool: the order of HeadLayout. Untrusted; incompatible, naming `name`.
Result<Head> parse_published_probe(std::string_view bytes, const std::string& name);

}  // namespace cactus
