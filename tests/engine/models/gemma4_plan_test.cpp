#include <algorithm>
#include <set>

#include "engine/convert/checkpoint.h"
#include "engine/models/gemma4/plan.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

using namespace cactus;

namespace {

Json config_of(std::string_view fixture) {
  return *parse_json(test::read_file(test::fixture(fixture) / "config.json"), "config.json");
}

std::vector<std::string> names_of(std::string_view fixture) {
  const auto source = std::move(*open_checkpoint(test::fixture(fixture)));
  std::vector<std::string> names;
  for (const SourceTensor& t : source->tensors()) names.push_back(t.name);
  return names;
}

const TensorSpec* find(const TensorPlan& plan, std::string_view name) {
  const auto at = std::find_if(plan.tensors.begin(), plan.tensors.end(),
                               [&](const TensorSpec& t) { return t.name == name; });
  return at == plan.tensors.end() ? nullptr : &*at;
}

}  // namespace

TEST_CASE("the plan of each golden checkpoint is its list of tensors", "[engine][gemma4]") {
  for (const char* fixture : {"gemma4_text", "gemma4_mm"}) {
    CAPTURE(fixture);
    const auto names = names_of(fixture);
    const auto plan = gemma4::plan(config_of(fixture), names);
    REQUIRE(plan.ok());
    std::set<std::string> planned, have(names.begin(), names.end()), canonical;
    for (const TensorSpec& t : plan->tensors) {
      planned.insert(t.source);
      canonical.insert(t.name);
    }
    CHECK(planned.size() == plan->tensors.size());  // no name twice
    CHECK(canonical.size() == plan->tensors.size());
    for (const std::string& ignored : plan->ignored) have.erase(ignored);
    CHECK(planned == have);
  }
}

TEST_CASE("uses decide how a tensor is stored", "[engine][gemma4]") {
  const auto plan = *gemma4::plan(config_of("gemma4_mm"), names_of("gemma4_mm"));
  CHECK(find(plan, "embed_tokens.weight")->use == Use::matmul);
  CHECK(find(plan, "embed_tokens_per_layer.weight")->use == Use::lookup);
  CHECK(find(plan, "layers.4.mlp.gate_proj.weight")->shape ==
        std::vector<std::int64_t>{128, 64});  // double wide
  CHECK(find(plan, "layers.0.mlp.gate_proj.weight")->shape == std::vector<std::int64_t>{64, 64});
  CHECK(find(plan, "norm.weight")->use == Use::vector);
  CHECK(find(plan, "vision_tower.encoder.layers.2.self_attn.q_proj.linear.weight")->use ==
        Use::precise);
  CHECK(find(plan, "vision_tower.encoder.layers.2.self_attn.q_proj.output_min")->use == Use::bound);
  CHECK(find(plan, "audio_tower.layers.0.lconv1d.depthwise_conv1d.weight")->use == Use::dense);
  CHECK(find(plan, "embed_vision.embedding_projection.weight")->source ==
        "model.embed_vision.embedding_projection.weight");
}

TEST_CASE("prefixes are found, or the published ones are expected", "[engine][gemma4]") {
  const Json text = config_of("gemma4_text"), multimodal = config_of("gemma4_mm");
  const auto prefix = [](const Json& config, std::vector<std::string> names) {
    const auto plan = *gemma4::plan(config, names);
    const std::string source = find(plan, "norm.weight")->source;
    return source.substr(0, source.size() - 11);
  };
  CHECK(prefix(text, {}) == "model.");
  CHECK(prefix(multimodal, {}) == "model.language_model.");
  CHECK(prefix(multimodal, {"language_model.model.embed_tokens.weight"}) ==
        "language_model.model.");
  CHECK(prefix(text, {"embed_tokens.weight"}) == "");
  const auto bare = *gemma4::plan(
      multimodal, std::vector<std::string>{"language_model.model.embed_tokens.weight"});
  CHECK(find(bare, "audio_tower.output_proj.bias")->source == "audio_tower.output_proj.bias");
}

TEST_CASE("families are found by model_type, else by architecture", "[engine][gemma4]") {
  CHECK((*family_of(config_of("gemma4_mm")))->name == "gemma4");
  CHECK((*family_of({{"architectures", {"Gemma4ForCausalLM"}}}))->name == "gemma4");
  for (const Json& other :
       {Json{{"model_type", "qwen3"}, {"architectures", {"Qwen3ForCausalLM"}}}, Json::object(),
        Json(3), Json{{"model_type", 4}, {"architectures", "x"}}}) {
    const auto family = family_of(other);
    REQUIRE_FALSE(family.ok());
    CHECK(family.error().kind == ErrorKind::incompatible);
    CHECK(family.error().why.find("gemma4") != std::string::npos);
  }
}
