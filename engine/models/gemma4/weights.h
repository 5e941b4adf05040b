// The tensors of a Gemma 4 text decoder, where they lie in a bundle's map.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/models/gemma4/config.h"
#include "engine/weights/bundle.h"
#include "kernels/types.h"

namespace cactus::gemma4 {

// Sizes: h hidden, H query heads, K key/value heads, D head size, I intermediate, P per-layer
// embedding, L layers, V vocabulary, E experts, M an expert's intermediate.
struct LayerWeights {
  const float* input_norm = nullptr;             // [h]
  kernels::Matrix q;                             // [H·D, h]
  kernels::Matrix k;                             // [K·D, h]; no data where K and V are shared
  kernels::Matrix v;                             // [K·D, h]; no data where V = K too
  kernels::Matrix o;                             // [h, H·D]
  const float* q_norm = nullptr;                 // [D]
  const float* k_norm = nullptr;                 // [D]
  const float* post_attention_norm = nullptr;    // [h]
  const float* pre_feedforward_norm = nullptr;   // [h]
  kernels::Matrix gate, up;                      // [I, h]
  kernels::Matrix down;                          // [h, I]
  const float* post_feedforward_norm = nullptr;  // [h]
  kernels::Matrix ple_gate;                      // [P, h]; this and the next two only with P > 0
  kernels::Matrix ple_projection;                // [h, P]
  const float* ple_norm = nullptr;               // [h]
  float scalar = 1;                              // of the whole residual stream
};

struct Weights {
  kernels::Matrix embed;                       // [V, h]: embedding and, tied, the head
  const Bundle* bundle = nullptr;              // which ple_embed's rows are read from
  kernels::Matrix ple_embed;                   // [V', L·P], layer-major: row read a token
  kernels::Matrix ple_model_projection;        // [L·P, h]
  const float* ple_projection_norm = nullptr;  // [P]
  const float* final_norm = nullptr;           // [h]
  std::vector<LayerWeights> layers;
  bool any_float = false;      // some matrix takes float activations
  bool any_quantised = false;  // some matrix takes int8 activations
};

// Errors: incompatible, naming the tensor that is absent or of another shape.
Result<Weights> load_weights(const Bundle& bundle, const Config& config);

}  // namespace cactus::gemma4
