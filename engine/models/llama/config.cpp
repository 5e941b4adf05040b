#include "engine/models/llama/config.h"

#include <string>

#include "engine/models/config_reader.h"

namespace cactus::llama {
namespace {

constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxHeadDim = 4096;
constexpr std::int64_t kMaxWidth = 1 << 20;   // hidden and intermediate sizes
constexpr std::int64_t kMaxTokens = 1 << 24;  // vocabulary, context
constexpr double kUsualTheta = 10000;         // where a configuration names none

// "rope_type", or "type" as older files call it.
std::string kind_of(ConfigReader& in) {
  return in.text("rope_type", in.text("type", "default"));
}

// The rotations, from "rope_parameters" or, in older files, "rope_theta" and "rope_scaling".
RopeScaling parse_rope(ConfigReader& in) {
  RopeScaling rope;
  rope.theta = in.real("rope_theta", 1, 1e12, kUsualTheta);
  const std::string key = in.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const Json* object = in.find(key);
  if (object == nullptr) return rope;
  ConfigReader fields(*object, in.name(key));
  rope.theta = fields.real("rope_theta", 1, 1e12, rope.theta);
  const std::string kind = kind_of(fields);
  if (fields.real("partial_rotary_factor", 0, 1, 1.0) != 1) {
    fields.unsupported("partial_rotary_factor", "only heads that rotate whole are");
  }
  if (kind == "linear" || kind == "llama3") rope.factor = fields.real("factor", 1, 1e6);
  if (kind == "llama3") {
    rope.by_wavelength = true;
    rope.low_frequency = fields.real("low_freq_factor", 1e-3, 1e6);
    rope.high_frequency = fields.real("high_freq_factor", 1e-3, 1e6);
    rope.original_context =
        static_cast<double>(fields.integer("original_max_position_embeddings", 1, kMaxTokens));
    if (fields.ok() && rope.high_frequency <= rope.low_frequency) {
      fields.fail("high_freq_factor", "it must be above low_freq_factor");
    }
  } else if (kind != "default" && kind != "linear") {
    fields.unsupported("rope_type", "\"" + kind + "\": only default, linear and llama3 are");
  }
  if (Status s = fields.status(); !s) in.adopt(s.error());
  return rope;
}

// What the decoder does one way only.
void refuse_other_variants(ConfigReader& in) {
  if (in.boolean("attention_bias", false)) in.unsupported("attention_bias", "biases in attention");
  if (in.boolean("mlp_bias", false)) in.unsupported("mlp_bias", "biases in the feed-forward part");
  if (const std::string act = in.text("hidden_act", "silu"); act != "silu") {
    in.unsupported("hidden_act", "\"" + act + "\": only silu is");
  }
}

}  // namespace

Result<Config> parse_config(const Json& config) {
  ConfigReader in(config, "");
  CACTUS_CHECK(in.status());
  Config c;
  c.vocab = in.integer("vocab_size", 1, kMaxTokens);
  c.hidden = in.integer("hidden_size", 1, kMaxWidth);
  c.layers = in.integer("num_hidden_layers", 1, kMaxLayers);
  c.heads = in.integer("num_attention_heads", 1, kMaxHeads);
  c.kv_heads = in.integer("num_key_value_heads", 1, kMaxHeads, c.heads);
  if (c.heads % c.kv_heads != 0) {
    in.fail("num_key_value_heads", "it must divide num_attention_heads");
  }
  if (!in.has("head_dim") && c.hidden % c.heads != 0) {
    in.fail("num_attention_heads", "it must divide hidden_size where head_dim is not given");
  }
  c.head_dim = in.integer("head_dim", 2, kMaxHeadDim, c.hidden / c.heads);
  if (c.head_dim % 2 != 0 || c.head_dim < 2) in.fail("head_dim", "it must be even");
  c.intermediate = in.integer("intermediate_size", 1, kMaxWidth);
  c.context = in.integer("max_position_embeddings", 1, kMaxTokens, 2048);
  c.eps = static_cast<float>(in.real("rms_norm_eps", 0, 1, 1e-6));
  c.tied = in.boolean("tie_word_embeddings", false);
  c.rope = parse_rope(in);
  refuse_other_variants(in);
  CACTUS_CHECK(in.status());
  return c;
}

}  // namespace cactus::llama
