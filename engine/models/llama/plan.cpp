#include "engine/models/llama/plan.h"

#include "engine/models/llama/config.h"
#include "engine/models/tensor_scope.h"

namespace cactus::llama {
namespace {

void plan_layer(const TensorScope& layer, const Config& c) {
  const TensorScope attention = layer.in("self_attn"), mlp = layer.in("mlp");
  const std::int64_t queries = c.heads * c.head_dim, keys = c.kv_heads * c.head_dim;
  layer.norm("input_layernorm", c.hidden);
  attention.add("q_proj.weight", {queries, c.hidden}, Use::matmul);
  attention.add("k_proj.weight", {keys, c.hidden}, Use::matmul);
  attention.add("v_proj.weight", {keys, c.hidden}, Use::matmul);
  attention.add("o_proj.weight", {c.hidden, queries}, Use::matmul);
  attention.ignore("rotary_emb.inv_freq");
  layer.norm("post_attention_layernorm", c.hidden);
  mlp.add("gate_proj.weight", {c.intermediate, c.hidden}, Use::matmul);
  mlp.add("up_proj.weight", {c.intermediate, c.hidden}, Use::matmul);
  mlp.add("down_proj.weight", {c.hidden, c.intermediate}, Use::matmul);
}

}  // namespace

bool matches(const Json& config) {
  if (!config.is_object()) return false;
  if (const auto type = config.find("model_type"); type != config.end() && type->is_string()) {
    return *type == "llama";
  }
  const auto names = config.find("architectures");
  return names != config.end() && names->is_array() && names->size() == 1 &&
         (*names)[0] == "LlamaForCausalLM";
}

Result<TensorPlan> plan(const Json& config, std::span<const std::string> source_names) {
  CACTUS_TRY(c, parse_config(config));
  TensorPlan result;
  const TensorScope decoder(
      result, "", source_prefix(source_names, {"model.", ""}, "embed_tokens.weight", "model."));
  decoder.add("embed_tokens.weight", {c.vocab, c.hidden}, Use::matmul);
  for (std::int64_t i = 0; i < c.layers; ++i) plan_layer(decoder.in("layers", i), c);
  decoder.norm("norm", c.hidden);
  const TensorScope top(result, "", "");
  if (c.tied) {
    top.ignore("lm_head.weight");
  } else {
    top.add("lm_head.weight", {c.vocab, c.hidden}, Use::matmul);
  }
  return result;
}

}  // namespace cactus::llama
