// What one sequence carries through a Llama decoder: its keys and values, and the buffers of a
// forward call, which are allocated once and then reused.
#pragma once
#include <vector>

#include "engine/kv/kv_cache.h"
#include "engine/models/decoder.h"
#include "engine/models/llama/weights.h"

namespace cactus::llama {

// T: rows (tokens) of the chunk. Other sizes as in weights.h.
struct Buffers {
  kernels::Buffer<float> x;         // [T, h] residual stream
  kernels::Activations in;          // [T, h], or attention's [T, H·D]: what a matmul reads
  kernels::Activations gated;       // [T, I]
  kernels::Buffer<float> q, heads;  // [T, H, D] queries, attention's output
  kernels::Buffer<float> k, v;      // [T, K, D]
  kernels::Buffer<float> out;       // [T, h] output of a sub-layer
  kernels::Buffer<float> cos, sin;  // [T, D/2]
  kernels::Buffer<float> logits;    // [T or 1, V]
};

class State final : public DecoderState {
 public:
  State(const Config& c, const Weights& weights, const StateOptions& wanted)
      : options(wanted),
        cache(std::vector<KvLayer>(static_cast<std::size_t>(c.layers), {c.kv_heads, c.head_dim, 0}),
              wanted.kv, c.context, wanted.chunk) {
    for (kernels::Activations* a : {&buffers.in, &buffers.gated}) {
      a->want_q8 = weights.any_quantised && !options.exact;
      a->want_f32 = weights.any_float || options.exact;
    }
  }

  std::int64_t length() const override { return cache.length(); }
  bool rewind(std::int64_t length) override { return cache.rewind(length); }
  void mark() override { cache.mark(); }
  std::int64_t bytes() const override { return cache.bytes(); }

  StateOptions options;
  KvCache cache;
  Buffers buffers;
};

}  // namespace cactus::llama
