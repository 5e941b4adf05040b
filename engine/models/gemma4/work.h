// What a prompt and a generated token cost at the least.
#pragma once
#include "engine/models/decoder.h"
#include "engine/models/gemma4/config.h"
#include "engine/models/gemma4/weights.h"

namespace cactus::gemma4 {

// `split`: the layer of which only K and V see all prompt rows (decoder.cpp, split prefill).
DecoderWork work_of(const Config& config, const Weights& weights, std::int64_t split,
                    std::int64_t tokens);

}  // namespace cactus::gemma4
