#include "engine/models/gemma4/weights.h"

#include <string>

#include "engine/models/weight_reader.h"

namespace cactus::gemma4 {
namespace {

void read_attention(WeightReader& read, LayerWeights& w, const std::string& prefix, const Config& c,
                    const LayerConfig& layer) {
  const std::int64_t queries = c.heads * layer.head_dim;
  const std::int64_t keys = layer.kv_heads * layer.head_dim;
  const std::string attention = prefix + "self_attn.";
  read.vector(w.input_norm, prefix + "input_layernorm.weight", c.hidden);
  read.matmul(w.q, attention + "q_proj.weight", queries, c.hidden);
  read.vector(w.q_norm, attention + "q_norm.weight", layer.head_dim);
  read.matmul(w.o, attention + "o_proj.weight", c.hidden, queries);
  read.vector(w.post_attention_norm, prefix + "post_attention_layernorm.weight", c.hidden);
  if (!layer.owns_kv) return;
  read.matmul(w.k, attention + "k_proj.weight", keys, c.hidden);
  read.vector(w.k_norm, attention + "k_norm.weight", layer.head_dim);
  if (!layer.v_is_k) read.matmul(w.v, attention + "v_proj.weight", keys, c.hidden);
}

void read_feedforward(WeightReader& read, LayerWeights& w, const std::string& prefix,
                      const Config& c, const LayerConfig& layer) {
  read.vector(w.pre_feedforward_norm, prefix + "pre_feedforward_layernorm.weight", c.hidden);
  read.matmul(w.gate, prefix + "mlp.gate_proj.weight", layer.intermediate, c.hidden);
  read.matmul(w.up, prefix + "mlp.up_proj.weight", layer.intermediate, c.hidden);
  read.matmul(w.down, prefix + "mlp.down_proj.weight", c.hidden, layer.intermediate);
  read.vector(w.post_feedforward_norm, prefix + "post_feedforward_layernorm.weight", c.hidden);
}

void read_layer(WeightReader& read, LayerWeights& w, std::size_t index, const Config& c) {
  const std::string prefix = "layers." + std::to_string(index) + ".";
  read_attention(read, w, prefix, c, c.layers[index]);
  read_feedforward(read, w, prefix, c, c.layers[index]);
  if (c.ple_dim > 0) {
    read.matmul(w.ple_gate, prefix + "per_layer_input_gate.weight", c.ple_dim, c.hidden);
    read.matmul(w.ple_projection, prefix + "per_layer_projection.weight", c.hidden, c.ple_dim);
    read.vector(w.ple_norm, prefix + "post_per_layer_input_norm.weight", c.hidden);
  }
  const float* scalar = nullptr;
  read.vector(scalar, prefix + "layer_scalar", 1);
  if (scalar != nullptr) w.scalar = *scalar;
}

}  // namespace

Result<Weights> load_weights(const Bundle& bundle, const Config& config) {
  Weights w;
  w.bundle = &bundle;
  WeightReader read(bundle);
  const std::int64_t layers = static_cast<std::int64_t>(config.layers.size());
  read.matmul(w.embed, "embed_tokens.weight", config.vocab, config.hidden);
  read.vector(w.final_norm, "norm.weight", config.hidden);
  if (config.ple_dim > 0) {
    const std::int64_t width = layers * config.ple_dim;
    read.lookup(w.ple_embed, "embed_tokens_per_layer.weight", config.ple_vocab, width);
    read.matmul(w.ple_model_projection, "per_layer_model_projection.weight", width, config.hidden);
    read.vector(w.ple_projection_norm, "per_layer_projection_norm.weight", config.ple_dim);
  }
  w.layers.resize(config.layers.size());
  for (std::size_t i = 0; i < w.layers.size(); ++i) read_layer(read, w.layers[i], i, config);
  CACTUS_CHECK(read.status());
  w.any_float = read.any_float();
  w.any_quantised = read.any_quantised();
  return w;
}

}  // namespace cactus::gemma4
