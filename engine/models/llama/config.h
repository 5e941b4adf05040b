// The configuration of a Llama checkpoint (model_type "llama"). Source: transformers 5.13
// models/llama, the model cards of Llama 3.2 and SmolLM2.
#pragma once
#include <cstdint>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/layers/rope.h"

namespace cactus::llama {

// Sizes are positive and bounded, products of two fit easily in 64 bits. None need be a multiple of
// anything but head_dim, which is even: packed weights and activations are padded to groups of 32.
struct Config {
  std::int64_t vocab = 0;
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;     // query heads
  std::int64_t kv_heads = 0;  // divides heads
  std::int64_t head_dim = 0;
  std::int64_t intermediate = 0;
  std::int64_t context = 0;  // most tokens
  float eps = 0;
  bool tied = false;  // the head is the embedding
  RopeScaling rope;
};

// incompatible, naming the field that is missing, out of range or not supported.
Result<Config> parse_config(const Json& config);

}  // namespace cactus::llama
