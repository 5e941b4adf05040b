// Which tensors a Llama checkpoint holds.
#pragma once
#include "engine/models/family.h"

namespace cactus::llama {

// By model_type ("llama") or, where that is missing, by architecture.
bool matches(const Json& config);

// Canonical names: as published without "model." ("layers.0.mlp.up_proj.weight", "norm.weight"),
// and "lm_head.weight" where the head is not tied. The rotary frequencies that old checkpoints
// carry and a copy of the tied head are ignored.
Result<TensorPlan> plan(const Json& config, std::span<const std::string> source_names);

}  // namespace cactus::llama
