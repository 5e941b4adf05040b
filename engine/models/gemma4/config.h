// The configuration of a Gemma 4 checkpoint: `gemma4_text` (text only) or `gemma4` (text beside a
// vision and an audio tower). Source: transformers 5.13 models/gemma4, the E2B and E4B model cards.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus::gemma4 {

struct LayerConfig {
  bool sliding = true;            // sees `window` keys; else all of them
  std::int64_t head_dim = 0;      // D
  std::int64_t kv_heads = 0;      // K; divides the query heads
  bool owns_kv = true;            // false: reads keys and values of an earlier layer of its kind
  bool v_is_k = false;            // V = RMS(k_proj x), no v_proj tensor
  std::int64_t cache = 0;         // whose K/V it reads: index among the layers that own them
  std::int64_t intermediate = 0;  // I; doubled in shared layers of E2B
};

// Sizes are positive and bounded, products of two fit easily in 64 bits.
struct VisionConfig {
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t patch = 0;        // pixels a side
  std::int64_t pooling = 0;      // patches a side that become one soft token
  std::int64_t positions = 0;    // rows of each of the two position tables
  std::int64_t soft_tokens = 0;  // most of one image unless told otherwise
  double rope_theta = 0;
  float eps = 0;
  bool clipped = false;      // every linear layer has four clip scalars
  bool standardize = false;  // std_bias and std_scale follow the tower
};

struct AudioConfig {
  std::int64_t hidden = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;        // divides hidden
  std::int64_t conv_kernel = 0;  // of the depthwise convolution
  std::int64_t chunk = 0;
  std::int64_t context_left = 0;  // keys visible including the query's own, plus one
  std::int64_t context_right = 0;
  std::array<std::int64_t, 2> channels{};  // of the two subsampling convolutions
  std::int64_t output = 0;                 // features after the tower
  float logit_cap = 0;
  float residual = 0;  // weight of a feed-forward block in the residual sum
  float clip = 0;      // activations are kept within ±clip
  float eps = 0;
  bool clipped = false;
};

struct Config {
  std::int64_t vocab = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;     // query heads, of every layer
  std::int64_t head_dim = 0;  // of sliding layers
  std::int64_t global_head_dim = 0;
  std::int64_t window = 0;     // keys a sliding layer sees, the query's own included
  std::int64_t context = 0;    // most tokens
  std::int64_t ple_dim = 0;    // P, features of the per-layer embeddings; 0: none
  std::int64_t ple_vocab = 0;  // rows of their table
  std::int64_t pad_id = 0;     // whose per-layer embedding soft tokens take
  float eps = 0;
  float logit_cap = 0;  // 0: none
  double sliding_theta = 0;
  double global_theta = 0;
  double global_rotary_factor = 1;  // share of a global head's pairs that rotate
  std::vector<LayerConfig> layers;

  std::optional<VisionConfig> vision;
  std::optional<AudioConfig> audio;
  // Ids of the tokens around and in the place of images and audio; -1 where there are none.
  std::int64_t image_begin = -1, image_soft = -1, image_end = -1;
  std::int64_t audio_begin = -1, audio_soft = -1, audio_end = -1;
};

// incompatible, naming the field that is missing, out of range or not supported.
Result<Config> parse_config(const Json& config);

}  // namespace cactus::gemma4
