// One Llama layer, step by step in the order of the reference (Hugging Face transformers,
// models/llama/modeling_llama.py: LlamaDecoderLayer).
#pragma once
#include "engine/models/llama/state.h"

namespace cactus::llama {

// Rows of a chunk that visit a layer together.
struct RowGroup {
  std::int64_t first = 0;  // row of the chunk
  std::int64_t count = 0;
};

// What the steps of one forward call share.
struct Pass {
  kernels::Exec& exec;
  const Config& config;
  const Weights& weights;
  State& state;
  std::int64_t start;  // position of the chunk's first row

  float* x(const RowGroup& rows) const {  // [count, h]
    return state.buffers.x.data() + rows.first * config.hidden;
  }
};

// The whole layer: attention, then feed-forward; x is updated in place.
void run_layer(const Pass& pass, std::int64_t layer, const RowGroup& rows);

// Only K and V of the layer, for rows that nothing after it will read.
void store_keys_values(const Pass& pass, std::int64_t layer, const RowGroup& rows);

}  // namespace cactus::llama
