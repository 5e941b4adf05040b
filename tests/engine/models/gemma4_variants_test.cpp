// Configurations for which there is no golden file, against the plain implementation (which is
// itself held against the golden files first).
#include "tests/engine/models/decoder_support.h"
#include "tests/engine/models/gemma4_reference.h"
#include "tests/engine/models/random_bundle.h"

namespace cactus::test {
namespace {

using kernels::Type;

double distance(const std::shared_ptr<const Bundle>& bundle, std::size_t tokens) {
  auto config = gemma4::parse_config(bundle->manifest().config);
  if (!config) FAIL(config.error().what << ": " << config.error().why);
  const auto ids = some_ids(tokens, static_cast<std::int32_t>(config->vocab), 21);
  const auto expected = reference_logits(*bundle, *config, ids);
  Engine engine(bundle);
  auto whole = engine.state(Type::f32, true);
  const auto logits = engine.forward_all(*whole, ids);
  REQUIRE(logits.size() == expected.size());
  auto chunks = engine.state(Type::f32, true, 48);
  const auto last = engine.prefill(*chunks, ids, 48);
  CHECK(std::equal(last.begin(), last.end(), logits.end() - config->vocab));
  return max_abs_difference(logits.data(), expected.data(), logits.size());
}

Json variant(const char* changes) {
  Json config = *parse_json(read_file(fixture("gemma4_text") / "config.json"), "config.json");
  const Json changed = Json::parse(changes);
  for (const auto& item : changed.items()) config[item.key()] = item.value();
  return config;
}

TEST_CASE("the plain implementation equals the golden logits", "[engine]") {
  const Tensors golden = read_safetensors(fixture("gemma4_text") / "golden.safetensors");
  const auto bundle = memory_bundle("gemma4_text", Type::f32);
  const auto config = gemma4::parse_config(bundle->manifest().config);
  REQUIRE(config.ok());
  const auto logits = reference_logits(*bundle, *config, to_ids(golden.at("input_ids")));
  CHECK(max_abs_difference(logits.data(), golden.at("logits").values.data(), logits.size()) < 5e-4);
}

TEST_CASE("sequences far beyond the window equal the plain implementation", "[engine]") {
  CHECK(distance(memory_bundle("gemma4_text", Type::f32), 310) <= 5e-3);
}

TEST_CASE("the larger variants come out of the same code", "[engine]") {
  // 31B-like: V is K in global layers, which have heads of their own, no per-layer embeddings, no
  // shared keys.
  CHECK(distance(std::make_shared<RandomBundle>(variant(
                     R"({"attention_k_eq_v": true, "num_global_key_value_heads": 2,
                         "num_key_value_heads": 4, "num_kv_shared_layers": 0,
                         "hidden_size_per_layer_input": 0, "use_double_wide_mlp": false})")),
                 60) <= 5e-3);
  // E4B-like: two key/value heads, no doubled feed-forward; sizes that fill no group of 32.
  CHECK(distance(std::make_shared<RandomBundle>(variant(
                     R"({"num_key_value_heads": 2, "use_double_wide_mlp": false, "hidden_size": 72,
                         "intermediate_size": 100, "hidden_size_per_layer_input": 16,
                         "final_logit_softcapping": null, "sliding_window": 5})")),
                 60) <= 5e-3);
}

}  // namespace
}  // namespace cactus::test
