#include <set>

#include "engine/convert/checkpoint.h"
#include "engine/models/llama/config.h"
#include "engine/models/llama/plan.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;
using llama::parse_config;

namespace {

Json load(std::string_view file) {
  return *parse_json(test::read_file(test::fixture("smollm2_llama") / file), "config.json");
}

Json with(std::string_view changes) {
  Json config = load("config.json");
  config.merge_patch(Json::parse(changes));
  return config;
}

std::string error_of(std::string_view changes) {
  const auto r = parse_config(with(changes));
  return r ? "accepted" : r.error().what + ": " + r.error().why;
}

}  // namespace

TEST_CASE("a Llama configuration, with new and with old keys", "[engine][llama]") {
  for (const char* file : {"config.json", "config_hub_legacy.json"}) {
    CAPTURE(file);
    const auto c = parse_config(load(file));
    REQUIRE(c.ok());
    CHECK(c->vocab == 640);
    CHECK(c->hidden == 96);
    CHECK(c->layers == 4);
    CHECK(c->heads == 3);
    CHECK(c->kv_heads == 1);
    CHECK(c->head_dim == 32);
    CHECK(c->intermediate == 192);
    CHECK(c->context == 2048);
    CHECK(c->eps == 1e-5F);
    CHECK(c->tied);
    CHECK(c->rope.theta == 100000);
    CHECK(c->rope.factor == 1);
  }
}

TEST_CASE("what a Llama configuration leaves out", "[engine][llama]") {
  const auto c = parse_config(with(
      R"({"head_dim": null, "num_key_value_heads": null, "tie_word_embeddings": null,
          "rope_parameters": null, "rms_norm_eps": null, "max_position_embeddings": null})"));
  REQUIRE(c.ok());
  CHECK(c->head_dim == 32);
  CHECK(c->kv_heads == 3);
  CHECK_FALSE(c->tied);
  CHECK(c->rope.theta == 10000);
  CHECK(c->eps == 1e-6F);
  CHECK(c->context == 2048);
}

TEST_CASE("rotations are stretched as the configuration says", "[engine][llama]") {
  const auto linear = parse_config(with(
      R"({"rope_parameters": null, "rope_theta": 5e5, "rope_scaling": {"type": "linear", "factor": 4}})"));
  REQUIRE(linear.ok());
  CHECK(linear->rope.theta == 5e5);
  const auto f = rope_frequencies(32, linear->rope);
  CHECK(f[0] == 0.25F);

  // Llama 3.2: theta 5e5, factor 32, low 1, high 4, 8192 tokens before. Values by hand from the
  // formula of transformers' _compute_llama3_parameters.
  const auto llama3 = parse_config(with(
      R"({"rope_parameters": {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0,
          "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}})"));
  REQUIRE(llama3.ok());
  const auto g = rope_frequencies(64, llama3->rope);
  const auto plain = rope_frequencies(64, 500000);
  CHECK(g[0] == 1);           // wavelength 6.3, far below 2048
  CHECK(g[13] == plain[13]);  // wavelength 1298
  CHECK(g[31] == Approx(plain[31] / 32));
  // Pair 15: wavelength 2π/f, between 2048 and 8192.
  const double wavelength = 6.283185307179586 / static_cast<double>(plain[15]);
  REQUIRE(wavelength > 2048);
  REQUIRE(wavelength < 8192);
  const double smooth = (8192 / wavelength - 1) / 3;
  CHECK(static_cast<double>(g[15]) ==
        Approx(static_cast<double>(plain[15]) * ((1 - smooth) / 32 + smooth)));
}

TEST_CASE("what a Llama decoder does not do is refused by name", "[engine][llama]") {
  const auto refused = [](std::string_view changes, std::string_view name) {
    const std::string error = error_of(changes);
    CAPTURE(changes, error);
    CHECK(error.find(name) != std::string::npos);
    CHECK(error != "accepted");
  };
  refused(R"({"attention_bias": true})", "attention_bias");
  refused(R"({"mlp_bias": true})", "mlp_bias");
  refused(R"({"hidden_act": "gelu"})", "gelu");
  refused(R"({"rope_parameters": {"rope_type": "yarn", "factor": 4}})",
          "rope_parameters.rope_type");
  refused(R"({"rope_parameters": null, "rope_scaling": {"type": "dynamic", "factor": 2}})",
          "rope_scaling.rope_type");
  refused(R"({"rope_parameters": {"rope_type": "llama3", "factor": 4}})", "low_freq_factor");
  refused(R"({"rope_parameters": {"rope_type": "llama3", "factor": 4, "low_freq_factor": 4,
              "high_freq_factor": 4, "original_max_position_embeddings": 8}})",
          "high_freq_factor");
  refused(R"({"rope_parameters": {"partial_rotary_factor": 0.5}})", "partial_rotary_factor");
  refused(R"({"rope_parameters": 3})", "rope_parameters");
  refused(R"({"num_key_value_heads": 2})", "num_key_value_heads");
  refused(R"({"head_dim": 31})", "head_dim");
  refused(R"({"head_dim": null, "num_attention_heads": 5, "num_key_value_heads": 1})",
          "num_attention_heads");
  refused(R"({"vocab_size": 0})", "vocab_size");
  refused(R"({"hidden_size": null})", "hidden_size");
  refused(R"({"intermediate_size": 1e30})", "intermediate_size");
  refused(R"({"num_hidden_layers": -3})", "num_hidden_layers");
}

TEST_CASE("the plan of the golden Llama is its list of tensors", "[engine][llama]") {
  const auto source = std::move(*open_checkpoint(test::fixture("smollm2_llama")));
  std::set<std::string> have;
  std::vector<std::string> names;
  for (const SourceTensor& t : source->tensors()) names.push_back(t.name);
  have.insert(names.begin(), names.end());
  const auto plan = *llama::plan(load("config.json"), names);
  std::set<std::string> planned;
  for (const TensorSpec& t : plan.tensors) planned.insert(t.source);
  CHECK(planned.size() == plan.tensors.size());
  CHECK(planned == have);

  const auto untied = *llama::plan(with(R"({"tie_word_embeddings": false})"), names);
  CHECK(untied.tensors.back().name == "lm_head.weight");
  CHECK(untied.tensors.back().source == "lm_head.weight");
  const auto bare =
      *llama::plan(load("config.json"), std::vector<std::string>{"embed_tokens.weight"});
  CHECK(bare.tensors.front().source == "embed_tokens.weight");
}

TEST_CASE("Llama is found by model_type, else by architecture", "[engine][llama]") {
  CHECK((*family_of(load("config.json")))->name == "llama");
  CHECK((*family_of({{"architectures", {"LlamaForCausalLM"}}}))->name == "llama");
  CHECK_FALSE(family_of({{"model_type", "llama4"}, {"architectures", {"LlamaForCausalLM"}}}).ok());
}
