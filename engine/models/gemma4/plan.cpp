#include "engine/models/gemma4/plan.h"

#include "engine/models/gemma4/config.h"
#include "engine/models/tensor_scope.h"

namespace cactus::gemma4 {
namespace {

using Scope = TensorScope;

// A linear layer of a tower, with its four clip bounds where the tower has them.
void linear(const Scope& scope, const std::string& name, std::int64_t out, std::int64_t in,
            bool clipped) {
  scope.add(name + ".linear.weight", {out, in}, Use::precise);
  if (!clipped) return;
  for (const char* bound : {".input_min", ".input_max", ".output_min", ".output_max"}) {
    scope.add(name + bound, {}, Use::bound);
  }
}

void plan_attention(const Scope& layer, const Config& c, const LayerConfig& l) {
  const Scope attention = layer.in("self_attn");
  attention.add("q_proj.weight", {c.heads * l.head_dim, c.hidden}, Use::matmul);
  attention.norm("q_norm", l.head_dim);
  if (l.owns_kv) {
    attention.add("k_proj.weight", {l.kv_heads * l.head_dim, c.hidden}, Use::matmul);
    attention.norm("k_norm", l.head_dim);
    if (!l.v_is_k) attention.add("v_proj.weight", {l.kv_heads * l.head_dim, c.hidden}, Use::matmul);
  } else {
    for (const char* unused : {"k_proj.weight", "v_proj.weight", "k_norm.weight"}) {
      attention.ignore(unused);
    }
  }
  attention.add("o_proj.weight", {c.hidden, c.heads * l.head_dim}, Use::matmul);
}

void plan_layer(const Scope& layer, const Config& c, const LayerConfig& l) {
  layer.norm("input_layernorm", c.hidden);
  plan_attention(layer, c, l);
  layer.norm("post_attention_layernorm", c.hidden);
  layer.norm("pre_feedforward_layernorm", c.hidden);
  layer.add("mlp.gate_proj.weight", {l.intermediate, c.hidden}, Use::matmul);
  layer.add("mlp.up_proj.weight", {l.intermediate, c.hidden}, Use::matmul);
  layer.add("mlp.down_proj.weight", {c.hidden, l.intermediate}, Use::matmul);
  layer.norm("post_feedforward_layernorm", c.hidden);
  if (c.ple_dim > 0) {
    layer.add("per_layer_input_gate.weight", {c.ple_dim, c.hidden}, Use::matmul);
    layer.add("per_layer_projection.weight", {c.hidden, c.ple_dim}, Use::matmul);
    layer.norm("post_per_layer_input_norm", c.hidden);
  }
  layer.add("layer_scalar", {1}, Use::vector);
}

void plan_text(const Scope& text, const Config& c) {
  const auto layers = static_cast<std::int64_t>(c.layers.size());
  text.add("embed_tokens.weight", {c.vocab, c.hidden}, Use::matmul);
  if (c.ple_dim > 0) {
    const std::int64_t width = layers * c.ple_dim;
    text.add("embed_tokens_per_layer.weight", {c.ple_vocab, width}, Use::lookup);
    text.add("per_layer_model_projection.weight", {width, c.hidden}, Use::matmul);
    text.norm("per_layer_projection_norm", c.ple_dim);
  }
  for (std::int64_t i = 0; i < layers; ++i) {
    plan_layer(text.in("layers", i), c, c.layers[static_cast<std::size_t>(i)]);
  }
  text.norm("norm", c.hidden);
}

void plan_vision(const Scope& tower, const VisionConfig& v) {
  tower.add("patch_embedder.input_proj.weight", {v.hidden, 3 * v.patch * v.patch}, Use::precise);
  tower.add("patch_embedder.position_embedding_table", {2, v.positions, v.hidden}, Use::dense);
  for (std::int64_t i = 0; i < v.layers; ++i) {
    const Scope layer = tower.in("encoder").in("layers", i);
    for (const char* norm : {"input_layernorm", "post_attention_layernorm",
                             "pre_feedforward_layernorm", "post_feedforward_layernorm"}) {
      layer.norm(norm, v.hidden);
    }
    const Scope attention = layer.in("self_attn"), mlp = layer.in("mlp");
    linear(attention, "q_proj", v.heads * v.head_dim, v.hidden, v.clipped);
    linear(attention, "k_proj", v.kv_heads * v.head_dim, v.hidden, v.clipped);
    linear(attention, "v_proj", v.kv_heads * v.head_dim, v.hidden, v.clipped);
    linear(attention, "o_proj", v.hidden, v.heads * v.head_dim, v.clipped);
    attention.norm("q_norm", v.head_dim);
    attention.norm("k_norm", v.head_dim);
    linear(mlp, "gate_proj", v.intermediate, v.hidden, v.clipped);
    linear(mlp, "up_proj", v.intermediate, v.hidden, v.clipped);
    linear(mlp, "down_proj", v.hidden, v.intermediate, v.clipped);
  }
  if (v.standardize) {
    tower.add("std_bias", {v.hidden}, Use::vector);
    tower.add("std_scale", {v.hidden}, Use::vector);
  }
}

void plan_conformer_layer(const Scope& layer, const AudioConfig& a) {
  for (const char* name : {"feed_forward1", "feed_forward2"}) {
    const Scope feed_forward = layer.in(name);
    feed_forward.norm("pre_layer_norm", a.hidden);
    linear(feed_forward, "ffw_layer_1", 4 * a.hidden, a.hidden, a.clipped);
    linear(feed_forward, "ffw_layer_2", a.hidden, 4 * a.hidden, a.clipped);
    feed_forward.norm("post_layer_norm", a.hidden);
  }
  for (const char* norm : {"norm_pre_attn", "norm_post_attn", "norm_out"})
    layer.norm(norm, a.hidden);
  const Scope attention = layer.in("self_attn"), convolution = layer.in("lconv1d");
  for (const char* name : {"q_proj", "k_proj", "v_proj", "post"}) {
    linear(attention, name, a.hidden, a.hidden, a.clipped);
  }
  attention.add("relative_k_proj.weight", {a.hidden, a.hidden}, Use::precise);
  attention.add("per_dim_scale", {a.hidden / a.heads}, Use::vector);
  convolution.norm("pre_layer_norm", a.hidden);
  linear(convolution, "linear_start", 2 * a.hidden, a.hidden, a.clipped);
  convolution.add("depthwise_conv1d.weight", {a.hidden, 1, a.conv_kernel}, Use::dense);
  convolution.norm("conv_norm", a.hidden);
  linear(convolution, "linear_end", a.hidden, a.hidden, a.clipped);
}

// 128 mel bands, halved by each of the two convolutions.
constexpr std::int64_t kBandsAfterSubsampling = 32;

void plan_audio(const Scope& tower, const AudioConfig& a) {
  const Scope front = tower.in("subsample_conv_projection");
  front.add("layer0.conv.weight", {a.channels[0], 1, 3, 3}, Use::dense);
  front.norm("layer0.norm", a.channels[0]);
  front.add("layer1.conv.weight", {a.channels[1], a.channels[0], 3, 3}, Use::dense);
  front.norm("layer1.norm", a.channels[1]);
  front.add("input_proj_linear.weight", {a.hidden, kBandsAfterSubsampling * a.channels[1]},
            Use::precise);
  for (std::int64_t i = 0; i < a.layers; ++i) plan_conformer_layer(tower.in("layers", i), a);
  tower.add("output_proj.weight", {a.output, a.hidden}, Use::precise);
  tower.add("output_proj.bias", {a.output}, Use::vector);
}

// The prefix of the decoder's tensors: as Gemma4ForConditionalGeneration and Gemma4ForCausalLM save
// them, or without the outer "model.".
std::string text_prefix(std::span<const std::string> names, bool multimodal) {
  return source_prefix(
      names, {"model.language_model.", "model.", "language_model.model.", "language_model.", ""},
      "embed_tokens.weight", multimodal ? "model.language_model." : "model.");
}

}  // namespace

bool matches(const Json& config) {
  if (!config.is_object()) return false;
  if (const auto type = config.find("model_type"); type != config.end() && type->is_string()) {
    return *type == "gemma4" || *type == "gemma4_text";
  }
  const auto names = config.find("architectures");
  return names != config.end() && names->is_array() && names->size() == 1 &&
         ((*names)[0] == "Gemma4ForConditionalGeneration" || (*names)[0] == "Gemma4ForCausalLM");
}

Result<TensorPlan> plan(const Json& config, std::span<const std::string> source_names) {
  CACTUS_TRY(c, parse_config(config));
  TensorPlan result;
  const std::string prefix = text_prefix(source_names, config.contains("text_config"));
  plan_text(Scope(result, "", prefix), c);
  result.ignored.push_back("lm_head.weight");  // tied: a copy of the embeddings, if it is there

  const std::string outer = prefix.rfind("model.", 0) == 0 ? "model." : "";
  const Scope top(result, "", outer);
  if (c.vision) {
    plan_vision(top.in("vision_tower"), *c.vision);
    top.in("embed_vision")
        .add("embedding_projection.weight", {c.hidden, c.vision->hidden}, Use::precise);
  }
  if (c.audio) {
    plan_audio(top.in("audio_tower"), *c.audio);
    top.in("embed_audio")
        .add("embedding_projection.weight", {c.hidden, c.audio->output}, Use::precise);
  }
  return result;
}

}  // namespace cactus::gemma4
