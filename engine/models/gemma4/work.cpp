#include "engine/models/gemma4/work.h"

#include <algorithm>

#include "engine/layers/matrix.h"

namespace cactus::gemma4 {
namespace {

// Calls f with every matrix of a layer; those it does not have are empty.
template <class F>
void each_matrix(const LayerWeights& w, F f) {
  for (const kernels::Matrix* m :
       {&w.q, &w.k, &w.v, &w.o, &w.gate, &w.up, &w.down, &w.ple_gate, &w.ple_projection}) {
    if (m->data != nullptr) f(*m);
  }
}

}  // namespace

DecoderWork work_of(const Config& config, const Weights& weights, std::int64_t split,
                    std::int64_t tokens) {
  DecoderWork work;
  const auto layers = static_cast<std::int64_t>(config.layers.size());
  double every_row = 0, last_row = matrix_macs(weights.embed);
  for (std::int64_t i = 0; i < layers; ++i) {
    const LayerConfig& c = config.layers[static_cast<std::size_t>(i)];
    const LayerWeights& w = weights.layers[static_cast<std::size_t>(i)];
    double layer = 0;
    each_matrix(w, [&](const kernels::Matrix& m) {
      layer += matrix_macs(m);
      work.decode_bytes += matrix_size(m);
    });
    if (config.ple_dim > 0) {
      layer += static_cast<double>(config.ple_dim) * static_cast<double>(config.hidden);
    }
    (i < split ? every_row : last_row) += layer;
    if (i == split) {
      every_row += (w.k.data != nullptr ? matrix_macs(w.k) : 0) +
                   (w.v.data != nullptr ? matrix_macs(w.v) : 0);
    }
    const std::int64_t seen = c.sliding ? std::min(tokens, config.window) : tokens;
    work.decode_kv_bytes += 2.0 * static_cast<double>(seen * c.kv_heads * (c.head_dim + 4));
  }
  if (config.ple_dim > 0) work.decode_bytes += matrix_size(weights.ple_model_projection);
  work.decode_bytes += matrix_size(weights.embed);
  work.prefill_macs = every_row + last_row / static_cast<double>(std::max<std::int64_t>(1, tokens));
  return work;
}

}  // namespace cactus::gemma4
