#include "engine/models/gemma4/config.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using gemma4::Config;
using gemma4::parse_config;

namespace {

Json load(std::string_view name) {
  return *parse_json(test::read_file(test::fixture(name) / "config.json"), "config.json");
}

std::string error_of(const Json& config) {
  const Result<Config> r = parse_config(config);
  return r ? "accepted" : r.error().what + ": " + r.error().why;
}

}  // namespace

TEST_CASE("a text configuration", "[engine][gemma4]") {
  const Result<Config> r = parse_config(load("gemma4_text"));
  REQUIRE(r.ok());
  const Config& c = *r;
  CHECK(c.vocab == 768);
  CHECK(c.hidden == 64);
  CHECK(c.window == 8);
  CHECK(c.context == 2048);
  CHECK(c.ple_dim == 32);
  CHECK(c.logit_cap == 30.0F);
  CHECK(c.eps == 1e-6F);
  CHECK(c.global_theta == 1e6);
  CHECK(c.global_rotary_factor == 0.25);
  CHECK_FALSE(c.vision);
  REQUIRE(c.layers.size() == 8);
  // Layers 4 … 7 read the K/V of the last own layer of their kind: 2 (sliding) and 3 (global).
  const std::int64_t caches[] = {0, 1, 2, 3, 2, 2, 2, 3};
  for (std::size_t i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(c.layers[i].sliding == (i % 4 != 3));
    CHECK(c.layers[i].head_dim == (i % 4 == 3 ? 64 : 32));
    CHECK(c.layers[i].owns_kv == (i < 4));
    CHECK(c.layers[i].intermediate == (i < 4 ? 96 : 192));
    CHECK(c.layers[i].cache == caches[i]);
  }
}

TEST_CASE("a multimodal configuration", "[engine][gemma4]") {
  const Result<Config> r = parse_config(load("gemma4_mm"));
  REQUIRE(r.ok());
  REQUIRE(r->vision);
  REQUIRE(r->audio);
  CHECK(r->vision->clipped);
  CHECK(r->vision->rope_theta == 100);
  CHECK(r->vision->soft_tokens == 70);
  CHECK(r->audio->channels == std::array<std::int64_t, 2>{128, 32});
  CHECK(r->audio->output == 96);
  CHECK(r->image_soft == 763);
  CHECK(r->image_begin == 761);
  CHECK(r->audio_end == 766);
}

TEST_CASE("older key names for what eoa_token_id and layer_types say", "[engine][gemma4]") {
  Json config = load("gemma4_mm");
  config.erase("eoa_token_id");
  CHECK(parse_config(config)->audio_end == 766);
  Json text = load("gemma4_text");
  text.erase("layer_types");
  CHECK(error_of(text) == "config.json: layer_types is wrong: the field is missing");
  text["sliding_window_pattern"] = 4;
  const Result<Config> r = parse_config(text);
  REQUIRE(r.ok());
  CHECK(r->layers[3].sliding == false);
  CHECK(r->layers[6].sliding == true);
}

TEST_CASE("a wrong field is named", "[engine][gemma4]") {
  const Json good = load("gemma4_text");
  const std::pair<const char*, Json> cases[] = {
      {"hidden_size", -1},
      {"hidden_size", "64"},
      {"hidden_size", 64.5},
      {"hidden_size", 1e300},
      {"hidden_size", 1ULL << 63},
      {"hidden_size", nullptr},
      {"num_hidden_layers", 7},
      {"num_hidden_layers", 1 << 30},
      {"num_attention_heads", 0},
      {"head_dim", 31},
      {"num_key_value_heads", 3},
      {"num_kv_shared_layers", 8},
      {"num_kv_shared_layers", 5},
      {"num_kv_shared_layers", -1},
      {"vocab_size", 0},
      {"sliding_window", 0},
      {"max_position_embeddings", 0},
      {"rms_norm_eps", "x"},
      {"rope_parameters", 3},
      {"pad_token_id", 768},
      {"enable_moe_block", true},
      {"tie_word_embeddings", false},
      {"hidden_activation", "silu"},
      {"attention_bias", true},
      {"use_bidirectional_attention", "all"},
      {"layer_types", {"full_attention"}},
  };
  for (const auto& [key, value] : cases) {
    Json config = good;
    config[key] = value;
    CAPTURE(key, value.dump());
    const std::string error = error_of(config);
    const bool wrong_layers = std::string_view(key) == "num_hidden_layers" && value == 7;
    CHECK(error.find(wrong_layers ? "layer_types" : key) != std::string::npos);
  }
  Json rope = good;
  rope["rope_parameters"]["sliding_attention"]["rope_theta"] = 0;
  CHECK(error_of(rope).find("rope_parameters.sliding_attention.rope_theta") != std::string::npos);
  rope = good;
  rope["rope_parameters"]["full_attention"]["rope_type"] = "yarn";
  CHECK(error_of(rope).find("\"yarn\"") != std::string::npos);
  CHECK(error_of(Json::array()) == "config.json is not a JSON object: ");
  CHECK(error_of(Json{{"text_config", 3}}) == "config.json: text_config is not a JSON object: ");
  Json audio = load("gemma4_mm");
  audio["audio_config"]["subsampling_conv_channels"] = {128, -1};
  CHECK(error_of(audio).find("audio_config.subsampling_conv_channels") != std::string::npos);
}
