// Which tensors a Gemma 4 checkpoint holds: names and shapes after transformers 5.13
// models/gemma4, section 2 of docs/bundle.md for what they are called in a bundle.
#pragma once
#include "engine/models/family.h"

namespace cactus::gemma4 {

// By model_type ("gemma4", "gemma4_text") or, where that is missing, by architecture.
bool matches(const Json& config);

// Canonical names: the decoder's without prefix ("layers.0.mlp.up_proj.weight"), those of towers
// and projectors as published without "model." ("vision_tower.…", "audio_tower.…",
// "embed_vision.…"). K and V that a checkpoint has for layers that share those of others are
// ignored.
Result<TensorPlan> plan(const Json& config, std::span<const std::string> source_names);

}  // namespace cactus::gemma4
