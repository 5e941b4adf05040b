#include "engine/models/gemma4/state.h"

#include <algorithm>

namespace cactus::gemma4 {
namespace {

std::vector<KvLayer> cache_layers(const Config& config) {
  std::vector<KvLayer> layers;
  for (const LayerConfig& layer : config.layers) {
    if (layer.owns_kv) {
      layers.push_back({layer.kv_heads, layer.head_dim, layer.sliding ? config.window : 0});
    }
  }
  return layers;
}

}  // namespace

State::State(const Config& config, const StateOptions& wanted, bool quantised, bool floats)
    : options(wanted), cache(cache_layers(config), wanted.kv, config.context, wanted.chunk) {
  for (kernels::Activations* a : {&buffers.in, &buffers.gated}) {
    a->want_q8 = quantised && !options.exact;
    a->want_f32 = floats || options.exact;
  }
}

}  // namespace cactus::gemma4
