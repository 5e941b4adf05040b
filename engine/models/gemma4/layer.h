// One Gemma 4 layer, step by step in the order of the reference (Hugging Face transformers,
// models/gemma4/modeling_gemma4.py: Gemma4TextDecoderLayer).
#pragma once
#include "engine/models/gemma4/state.h"
#include "engine/models/gemma4/weights.h"

namespace cactus::gemma4 {

// Rows of a chunk that visit the same layers together.
struct RowGroup {
  std::int64_t first = 0;  // row of the chunk
  std::int64_t count = 0;
  std::int64_t layer_begin = 0;  // layers they visit
  std::int64_t layer_end = 0;
  const float* ple = nullptr;  // [layer_end - layer_begin, count, P]
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

// The whole layer: attention, feed-forward, per-layer embedding; x is updated in place.
void run_layer(const Pass& pass, std::int64_t layer, const RowGroup& rows);

// Only K and V of a layer that owns them, for rows that nothing after it will read.
void store_keys_values(const Pass& pass, std::int64_t layer, const RowGroup& rows);

// Inputs of the per-layer embeddings for the group's rows and layers, into out [layers, count, P]:
//   (RMS(W x / √h) + √P · table[id]) / √2
void per_layer_inputs(const Pass& pass, const RowGroup& rows, std::span<const std::int32_t> ids,
                      float* out);

}  // namespace cactus::gemma4
