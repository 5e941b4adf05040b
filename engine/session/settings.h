// What a model's files say about generating: how to sample and where to stop.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/base/result.h"
#include "engine/model.h"
#include "engine/sample/sampler.h"
#include "engine/session.h"

namespace cactus {

// What was asked for, else generation_config.json, else Hugging Face's defaults (greedy unless
// do_sample; then temperature 1, top_k 50, top_p 1). Asking for any of temperature, top_p, top_k or
// min_p means sampling even where the model's default is greedy. Errors: usage, for values outside
// their range.
Result<SampleSettings> sample_settings(const SampleOptions& asked, const Json& generation);

// Ids that end a reply: eos_token_id of generation_config.json (else of config.json), the
// tokenizer's own, and the marker that ends a turn in the model's chat template. Sorted.
std::vector<std::int32_t> stop_ids(const Model& model);

}  // namespace cactus
