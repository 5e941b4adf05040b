// What one sequence carries through a Gemma 4 decoder: its keys and values, and the buffers of a
// forward call, which are allocated once and then reused.
#pragma once
#include "engine/kv/kv_cache.h"
#include "engine/models/decoder.h"
#include "engine/models/gemma4/config.h"

namespace cactus::gemma4 {

// T: rows (tokens) of the chunk. Other sizes as in weights.h.
struct Buffers {
  kernels::Buffer<float> x;               // [T, h] residual stream
  kernels::Activations in;                // [T, h], or attention's [T, H·D]: what a matmul reads
  kernels::Activations gated;             // [T, I]
  kernels::Buffer<float> q, heads;        // [T, H, D] queries, attention's output
  kernels::Buffer<float> k, v;            // [T, K, D]
  kernels::Buffer<float> out;             // [T, h] output of a sub-layer
  kernels::Buffer<float> ple_gate;        // [T, P]
  kernels::Buffer<float> ple_context;     // [T, layers·P]
  kernels::Buffer<std::byte> ple_stored;  // [threads, stride] row of the table, as stored
  kernels::Buffer<float> ple_token;       // [threads, L·P] row of the table
  kernels::Buffer<float> ple_rows;        // [layers, T, P] inputs of the layers all rows visit
  kernels::Buffer<float> ple_last;        // [layers, 1, P] of the layers only the last row visits
  kernels::Buffer<float> cos[2], sin[2];  // [T, D/2] sliding and global layers
  kernels::Buffer<float> logits;          // [T or 1, V]
};

class State final : public DecoderState {
 public:
  State(const Config& config, const StateOptions& options, bool quantised, bool floats);

  std::int64_t length() const override { return cache.length(); }
  bool rewind(std::int64_t length) override { return cache.rewind(length); }
  void mark() override { cache.mark(); }
  std::int64_t bytes() const override { return cache.bytes(); }

  StateOptions options;
  KvCache cache;
  Buffers buffers;
};

}  // namespace cactus::gemma4
