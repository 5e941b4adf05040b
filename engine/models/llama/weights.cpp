#include "engine/models/llama/weights.h"

#include <string>

#include "engine/models/weight_reader.h"

namespace cactus::llama {
namespace {

void read_layer(WeightReader& read, LayerWeights& w, std::size_t index, const Config& c) {
  const std::string prefix = "layers." + std::to_string(index) + ".";
  const std::string attention = prefix + "self_attn.";
  const std::int64_t queries = c.heads * c.head_dim, keys = c.kv_heads * c.head_dim;
  read.vector(w.input_norm, prefix + "input_layernorm.weight", c.hidden);
  read.matmul(w.q, attention + "q_proj.weight", queries, c.hidden);
  read.matmul(w.k, attention + "k_proj.weight", keys, c.hidden);
  read.matmul(w.v, attention + "v_proj.weight", keys, c.hidden);
  read.matmul(w.o, attention + "o_proj.weight", c.hidden, queries);
  read.vector(w.post_attention_norm, prefix + "post_attention_layernorm.weight", c.hidden);
  read.matmul(w.gate, prefix + "mlp.gate_proj.weight", c.intermediate, c.hidden);
  read.matmul(w.up, prefix + "mlp.up_proj.weight", c.intermediate, c.hidden);
  read.matmul(w.down, prefix + "mlp.down_proj.weight", c.hidden, c.intermediate);
}

}  // namespace

Result<Weights> load_weights(const Bundle& bundle, const Config& config) {
  Weights w;
  WeightReader read(bundle);
  read.matmul(w.embed, "embed_tokens.weight", config.vocab, config.hidden);
  w.head = w.embed;
  if (!config.tied) read.matmul(w.head, "lm_head.weight", config.vocab, config.hidden);
  read.vector(w.final_norm, "norm.weight", config.hidden);
  w.layers.resize(static_cast<std::size_t>(config.layers));
  for (std::size_t i = 0; i < w.layers.size(); ++i) read_layer(read, w.layers[i], i, config);
  CACTUS_CHECK(read.status());
  w.any_float = read.any_float();
  w.any_quantised = read.any_quantised();
  return w;
}

}  // namespace cactus::llama
