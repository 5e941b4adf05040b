#include "engine/models/gemma4/config.h"

#include <string>

#include "engine/models/config_reader.h"

namespace cactus::gemma4 {
namespace {

constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxWidth = 1 << 20;   // hidden and intermediate sizes
constexpr std::int64_t kMaxTokens = 1 << 24;  // vocabularies, windows, contexts

// "layer_types", or the pattern older files have: every n-th layer is global.
std::vector<bool> layer_kinds(ConfigReader& in, std::int64_t layers) {
  std::vector<bool> sliding(static_cast<std::size_t>(layers), true);
  const Json* types = in.find("layer_types");
  if (types == nullptr) {
    const std::int64_t n =
        in.integer_of({"sliding_window_pattern", "_sliding_window_pattern"}, 1, kMaxLayers, 0);
    if (n == 0) in.fail("layer_types", "the field is missing");
    for (std::size_t i = 0; n > 0 && i < sliding.size(); ++i) {
      sliding[i] = (static_cast<std::int64_t>(i) + 1) % n != 0;
    }
    return sliding;
  }
  if (!types->is_array() || types->size() != sliding.size()) {
    in.fail("layer_types", "it must be a list of " + std::to_string(layers) + " entries");
    return sliding;
  }
  for (std::size_t i = 0; i < sliding.size(); ++i) {
    const Json& type = (*types)[i];
    if (type == "sliding_attention" || type == "full_attention") {
      sliding[i] = type == "sliding_attention";
    } else {
      in.unsupported("layer_types", "entry " + std::to_string(i) +
                                        " is neither sliding_attention nor full_attention");
    }
  }
  return sliding;
}

double parse_rope(ConfigReader& in, const Json& rope, std::string_view kind, bool may_be_partial,
                  double* rotary_factor) {
  ConfigReader fields(rope, in.name("rope_parameters." + std::string(kind)));
  const double theta = fields.real("rope_theta", 1, 1e12);
  const std::string type = fields.text("rope_type", "default");
  const double factor = fields.real("partial_rotary_factor", 0, 1, 1.0);
  if (type == "proportional" && may_be_partial) {
    *rotary_factor = factor;
  } else if (type != "default" || factor != 1) {
    fields.unsupported("rope_type",
                       "\"" + type + "\" with partial_rotary_factor " + Json(factor).dump());
  }
  if (Status s = fields.status(); !s)
    in.fail("rope_parameters", s.error().what + ": " + s.error().why);
  return theta;
}

void parse_ropes(ConfigReader& in, Config& c) {
  const Json* ropes = in.find("rope_parameters");
  if (ropes == nullptr || !ropes->is_object() || !ropes->contains("full_attention") ||
      !ropes->contains("sliding_attention")) {
    in.fail("rope_parameters", "it must have full_attention and sliding_attention");
    return;
  }
  c.sliding_theta =
      parse_rope(in, (*ropes)["sliding_attention"], "sliding_attention", false, nullptr);
  c.global_theta =
      parse_rope(in, (*ropes)["full_attention"], "full_attention", true, &c.global_rotary_factor);
}

// What the decoder does one way only.
void refuse_other_variants(ConfigReader& in) {
  if (in.boolean("enable_moe_block", false)) {
    in.unsupported("enable_moe_block", "mixture-of-experts Gemma 4 models are not supported yet");
  }
  if (in.boolean("attention_bias", false)) in.unsupported("attention_bias", "biases in attention");
  if (!in.boolean("tie_word_embeddings", true)) {
    in.unsupported("tie_word_embeddings", "a head of its own, apart from the embeddings");
  }
  if (in.text("hidden_activation", "gelu_pytorch_tanh") != "gelu_pytorch_tanh") {
    in.unsupported("hidden_activation", "only gelu_pytorch_tanh is");
  }
  const Json* both_ways = in.find("use_bidirectional_attention");
  if (both_ways != nullptr && *both_ways != false) {
    in.unsupported("use_bidirectional_attention", "attention to later tokens");
  }
}

// Heads, sharing and widths of each layer; sections 3.3 and 3.4 of the reference.
void parse_layers(ConfigReader& in, Config& c) {
  const std::int64_t count = in.integer("num_hidden_layers", 1, kMaxLayers);
  const std::int64_t shared = in.integer("num_kv_shared_layers", 0, kMaxLayers, 0);
  const std::int64_t kv_heads = in.integer("num_key_value_heads", 1, kMaxHeads);
  const std::int64_t intermediate = in.integer("intermediate_size", 1, kMaxWidth);
  const bool double_wide = in.boolean("use_double_wide_mlp", false);
  const bool k_is_v = in.boolean("attention_k_eq_v", false);
  const std::int64_t global_kv_heads =
      k_is_v ? in.integer("num_global_key_value_heads", 1, kMaxHeads, kv_heads) : kv_heads;
  if (c.heads % kv_heads != 0 || c.heads % global_kv_heads != 0) {
    in.fail("num_key_value_heads", "it must divide num_attention_heads");
  }
  if (shared >= count) in.fail("num_kv_shared_layers", "some layer must have keys of its own");
  const std::vector<bool> sliding = layer_kinds(in, count);
  if (!in.ok()) return;

  std::int64_t owners = 0, last_of_kind[2] = {-1, -1};
  for (std::int64_t i = 0; i < count; ++i) {
    LayerConfig layer;
    layer.sliding = sliding[static_cast<std::size_t>(i)];
    layer.head_dim = layer.sliding ? c.head_dim : c.global_head_dim;
    layer.kv_heads = layer.sliding ? kv_heads : global_kv_heads;
    layer.v_is_k = k_is_v && !layer.sliding;
    layer.owns_kv = i < count - shared;
    layer.intermediate = double_wide && !layer.owns_kv ? 2 * intermediate : intermediate;
    std::int64_t& source = last_of_kind[layer.sliding ? 0 : 1];
    if (layer.owns_kv) source = owners++;
    if (source < 0) {
      in.fail("num_kv_shared_layers", "layer " + std::to_string(i) +
                                          " shares keys, but no earlier layer of its kind has any");
      return;
    }
    layer.cache = source;
    c.layers.push_back(layer);
  }
}

void parse_text(ConfigReader& in, Config& c) {
  c.vocab = in.integer("vocab_size", 1, kMaxTokens);
  c.hidden = in.integer("hidden_size", 1, kMaxWidth);
  c.heads = in.integer("num_attention_heads", 1, kMaxHeads);
  c.head_dim = in.integer("head_dim", 2, kMaxHeadDim);
  c.global_head_dim = in.integer("global_head_dim", 2, kMaxHeadDim, c.head_dim);
  if (c.head_dim % 2 != 0 || c.global_head_dim % 2 != 0) in.fail("head_dim", "it must be even");
  c.window = in.integer("sliding_window", 1, kMaxTokens);
  c.context = in.integer("max_position_embeddings", 1, kMaxTokens);
  c.ple_dim = in.integer("hidden_size_per_layer_input", 0, kMaxWidth, 0);
  c.ple_vocab = in.integer("vocab_size_per_layer_input", 1, kMaxTokens, c.vocab);
  c.pad_id = in.integer("pad_token_id", 0, c.vocab - 1, 0);
  if (c.ple_dim > 0 && c.pad_id >= c.ple_vocab) {
    in.fail("pad_token_id", "it must be below vocab_size_per_layer_input");
  }
  c.eps = static_cast<float>(in.real("rms_norm_eps", 0, 1, 1e-6));
  c.logit_cap = static_cast<float>(in.real("final_logit_softcapping", 0, 1e9, 0.0));
  parse_ropes(in, c);
  refuse_other_variants(in);
  parse_layers(in, c);
}

VisionConfig parse_vision(ConfigReader& in) {
  VisionConfig v;
  v.hidden = in.integer("hidden_size", 1, kMaxWidth);
  v.intermediate = in.integer("intermediate_size", 1, kMaxWidth);
  v.layers = in.integer("num_hidden_layers", 1, kMaxLayers);
  v.heads = in.integer("num_attention_heads", 1, kMaxHeads);
  v.kv_heads = in.integer("num_key_value_heads", 1, kMaxHeads, v.heads);
  v.head_dim = in.integer("head_dim", 4, kMaxHeadDim, 64);
  v.patch = in.integer("patch_size", 1, 1024);
  v.pooling = in.integer("pooling_kernel_size", 1, 64);
  v.positions = in.integer("position_embedding_size", 1, kMaxTokens);
  v.soft_tokens = in.integer("default_output_length", 1, 1 << 16, 280);
  v.eps = static_cast<float>(in.real("rms_norm_eps", 0, 1, 1e-6));
  v.clipped = in.boolean("use_clipped_linears", false);
  v.standardize = in.boolean("standardize", false);
  v.rope_theta = 100;
  if (const Json* rope = in.find("rope_parameters"); rope != nullptr) {
    v.rope_theta = parse_rope(in, *rope, "rope", false, nullptr);
  }
  if (v.heads % v.kv_heads != 0)
    in.fail("num_key_value_heads", "it must divide num_attention_heads");
  if (v.head_dim % 4 != 0) in.fail("head_dim", "it must be a multiple of 4");
  return v;
}

AudioConfig parse_audio(ConfigReader& in) {
  AudioConfig a;
  a.hidden = in.integer("hidden_size", 2, kMaxWidth);
  a.layers = in.integer("num_hidden_layers", 1, kMaxLayers);
  a.heads = in.integer("num_attention_heads", 1, kMaxHeads);
  a.conv_kernel = in.integer("conv_kernel_size", 1, 1024);
  a.chunk = in.integer("attention_chunk_size", 1, 1 << 16);
  a.context_left = in.integer("attention_context_left", 1, 1 << 16);
  a.context_right = in.integer("attention_context_right", 0, 1 << 16, 0);
  a.output = in.integer("output_proj_dims", 1, kMaxWidth);
  a.logit_cap = static_cast<float>(in.real("attention_logit_cap", 1e-6, 1e9, 50.0));
  a.residual = static_cast<float>(in.real("residual_weight", -1e3, 1e3, 0.5));
  a.clip = static_cast<float>(in.real("gradient_clipping", 1e-6, 1e38, 1e10));
  a.eps = static_cast<float>(in.real("rms_norm_eps", 0, 1, 1e-6));
  a.clipped = in.boolean("use_clipped_linears", true);
  const Json* channels = in.find("subsampling_conv_channels");
  for (std::size_t i = 0; i < 2; ++i) {
    const bool fits = channels != nullptr && channels->is_array() && channels->size() == 2 &&
                      (*channels)[i].is_number_unsigned() &&
                      (*channels)[i].get<std::uint64_t>() - 1 < 65536;
    if (!fits) in.fail("subsampling_conv_channels", "it must be two integers from 1 to 65536");
    a.channels[i] = fits ? (*channels)[i].get<std::int64_t>() : 1;
  }
  if (a.hidden % a.heads != 0) in.fail("hidden_size", "num_attention_heads must divide it");
  return a;
}

std::int64_t token_id(ConfigReader& in, std::initializer_list<std::string_view> keys,
                      std::int64_t vocab) {
  return in.integer_of(keys, 0, vocab - 1, -1);
}

}  // namespace

Result<Config> parse_config(const Json& config) {
  Config c;
  ConfigReader top(config, "");
  CACTUS_CHECK(top.status());
  const Json* text = top.find("text_config");
  ConfigReader text_fields(text != nullptr ? *text : config, text != nullptr ? "text_config" : "");
  CACTUS_CHECK(text_fields.status());
  parse_text(text_fields, c);
  CACTUS_CHECK(text_fields.status());
  if (text == nullptr) return c;
  if (!top.boolean("tie_word_embeddings", true)) {
    top.unsupported("tie_word_embeddings", "a head of its own, apart from the embeddings");
  }

  if (const Json* vision = top.find("vision_config"); vision != nullptr) {
    ConfigReader fields(*vision, "vision_config");
    CACTUS_CHECK(fields.status());
    c.vision = parse_vision(fields);
    CACTUS_CHECK(fields.status());
    c.image_begin = token_id(top, {"boi_token_id"}, c.vocab);
    c.image_soft = token_id(top, {"image_token_id"}, c.vocab);
    c.image_end = token_id(top, {"eoi_token_id"}, c.vocab);
  }
  if (const Json* audio = top.find("audio_config"); audio != nullptr) {
    ConfigReader fields(*audio, "audio_config");
    CACTUS_CHECK(fields.status());
    c.audio = parse_audio(fields);
    CACTUS_CHECK(fields.status());
    c.audio_begin = token_id(top, {"boa_token_id"}, c.vocab);
    c.audio_soft = token_id(top, {"audio_token_id"}, c.vocab);
    c.audio_end = token_id(top, {"eoa_token_id", "eoa_token_index"}, c.vocab);
  }
  CACTUS_CHECK(top.status());
  return c;
}

}  // namespace cactus::gemma4
