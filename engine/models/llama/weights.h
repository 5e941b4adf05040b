// The tensors of a Llama decoder, where they lie in a bundle's map.
#pragma once
#include <vector>

#include "engine/base/result.h"
#include "engine/models/llama/config.h"
#include "engine/weights/bundle.h"
#include "kernels/types.h"

namespace cactus::llama {

// Sizes: h hidden, H query heads, K key/value heads, D head size, I intermediate, V vocabulary.
struct LayerWeights {
  const float* input_norm = nullptr;           // [h]
  kernels::Matrix q;                           // [H·D, h]
  kernels::Matrix k, v;                        // [K·D, h]
  kernels::Matrix o;                           // [h, H·D]
  const float* post_attention_norm = nullptr;  // [h]
  kernels::Matrix gate, up;                    // [I, h]
  kernels::Matrix down;                        // [h, I]
};

struct Weights {
  kernels::Matrix embed;              // [V, h]
  kernels::Matrix head;               // [V, h]; the same memory as embed where tied
  const float* final_norm = nullptr;  // [h]
  std::vector<LayerWeights> layers;
  bool any_float = false;      // some matrix takes float activations
  bool any_quantised = false;  // some matrix takes int8 activations
};

// Errors: incompatible, naming the tensor that is absent or of another shape.
Result<Weights> load_weights(const Bundle& bundle, const Config& config);

}  // namespace cactus::llama
