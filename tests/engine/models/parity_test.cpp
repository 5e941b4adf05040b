// The float path of each family against Hugging Face transformers (tests/fixtures/*/golden.json).
#include "tests/engine/models/decoder_support.h"

namespace cactus::test {
namespace {

using kernels::Type;

struct Case {
  const char* fixture;
  const char* prefix;  // of the golden tensors' names
};
const Case kCases[] = {{"gemma4_text", ""}, {"gemma4_mm", "text."}, {"smollm2_llama", ""}};

TEST_CASE("logits of every position equal the reference", "[engine]") {
  for (const Case& c : kCases) {
    for (const std::string_view isa : kernels::available_isas()) {
      INFO(c.fixture << " on " << isa);
      const Tensors golden = read_safetensors(fixture(c.fixture) / "golden.safetensors");
      Engine engine(c.fixture, Type::f32, std::string(isa));
      const auto ids = to_ids(golden.at(std::string(c.prefix) + "input_ids"));
      const Tensor& reference = golden.at(std::string(c.prefix) + "logits");
      auto state = engine.state(Type::f32, true);
      const auto logits = engine.forward_all(*state, ids);
      REQUIRE(logits.size() == reference.values.size());
      const double difference =
          max_abs_difference(logits.data(), reference.values.data(), logits.size());
      INFO("greatest difference " << difference);
      CHECK(difference <= 5e-3);
    }
  }
}

TEST_CASE("hidden states equal the reference", "[engine]") {
  for (const Case& c : kCases) {
    const Tensors golden = read_safetensors(fixture(c.fixture) / "golden.safetensors");
    Engine engine(c.fixture, Type::f32);
    const auto ids = to_ids(golden.at(std::string(c.prefix) + "input_ids"));
    auto state = engine.state(Type::f32, true);
    std::map<std::int64_t, std::vector<float>> hidden;
    ForwardRequest request;
    request.all_logits = true;
    request.on_hidden = [&](std::int64_t layer, const float* rows, std::int64_t count) {
      hidden[layer].assign(rows, rows + count * engine.decoder->info().hidden);
    };
    engine.forward(*state, ids, request);
    REQUIRE(static_cast<std::int64_t>(hidden.size()) == engine.decoder->info().layers + 1);
    for (const auto& [layer, rows] : hidden) {
      const Tensor& reference =
          golden.at(c.prefix + std::string("hidden_states.") + std::to_string(layer));
      REQUIRE(rows.size() == reference.values.size());
      const double rms = relative_rms(rows.data(), reference.values.data(), rows.size());
      INFO(c.fixture << " hidden_states." << layer << ": " << rms);
      CHECK(rms <= 1e-4);
    }
  }
}

TEST_CASE("greedy continuations equal the reference", "[engine]") {
  for (const Case& c : kCases) {
    const Tensors golden = read_safetensors(fixture(c.fixture) / "golden.safetensors");
    Engine engine(c.fixture, Type::f32);
    const auto ids = to_ids(golden.at(std::string(c.prefix) + "input_ids"));
    const auto expected = to_ids(golden.at(std::string(c.prefix) + "generated_ids"));
    const Tensor& steps = golden.at(std::string(c.prefix) + "generated_logits");
    const auto vocab = static_cast<std::size_t>(engine.decoder->info().vocab);
    auto state = engine.state(Type::f32, true);
    auto logits = engine.prefill(*state, ids, 512);
    std::vector<std::int32_t> generated;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if ((i + 1) * vocab <= steps.values.size()) {
        CHECK(max_abs_difference(logits.data(), steps.values.data() + i * vocab, vocab) <= 5e-3);
      }
      generated.push_back(best_of(logits));
      logits = engine.forward(*state, {&generated.back(), 1});
    }
    CHECK(generated == expected);
  }
}

}  // namespace
}  // namespace cactus::test
