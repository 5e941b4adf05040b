// How far quantised weights, activations and caches are from the float reference. The table of
// docs/parity.md is what `test_decoders "[distance]" -s` prints.
#include <cmath>
#include <cstdio>

#include "tests/engine/models/decoder_support.h"

namespace cactus::test {
namespace {

using kernels::Type;

struct Way {
  const char* name;
  Type weights;
  bool exact;
  Type kv;
  double most;  // relative RMS allowed to the model with de-quantised weights
};
const Way kWays[] = {
    {"f32 / f32 / f32", Type::f32, true, Type::f32, 1e-5},
    {"f32 / f32 / f16", Type::f32, true, Type::f16, 2e-3},
    {"f32 / f32 / int8", Type::f32, true, Type::q8, 0.08},
    {"f16 / f32 / f32", Type::f16, true, Type::f32, 1e-5},
    {"int8 / f32 / f32", Type::q8, true, Type::f32, 1e-5},
    {"int8 / int8 / int8", Type::q8, false, Type::q8, 0.15},
    {"int4 / f32 / f32", Type::q4, true, Type::f32, 1e-5},
    {"int4 / int8 / f32", Type::q4, false, Type::f32, 0.15},
    {"int4 / int8 / int8", Type::q4, false, Type::q8, 0.2},
};

struct Distance {
  double rms = 0, max = 0, divergence = 0, agree = 0;
};

double log_sum_exp(const float* x, std::size_t n) {
  const double max = *std::max_element(x, x + n);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x[i]) - max);
  return max + std::log(sum);
}

Distance measure(const std::vector<float>& logits, const std::vector<float>& reference,
                 std::size_t vocab) {
  Distance d;
  d.rms = relative_rms(logits.data(), reference.data(), reference.size());
  d.max = max_abs_difference(logits.data(), reference.data(), reference.size());
  const std::size_t rows = reference.size() / vocab;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* a = reference.data() + r * vocab;
    const float* b = logits.data() + r * vocab;
    const double za = log_sum_exp(a, vocab), zb = log_sum_exp(b, vocab);
    for (std::size_t i = 0; i < vocab; ++i) {
      const double log_a = static_cast<double>(a[i]) - za;
      d.divergence += std::exp(log_a) * (log_a - (static_cast<double>(b[i]) - zb));
    }
    d.agree += std::max_element(a, a + vocab) - a == std::max_element(b, b + vocab) - b ? 1 : 0;
  }
  d.divergence /= static_cast<double>(rows);
  d.agree /= static_cast<double>(rows);
  return d;
}

std::vector<float> run(Engine& engine, const std::vector<std::int32_t>& ids, Type kv, bool exact) {
  auto state = engine.state(kv, exact);
  return engine.forward_all(*state, ids);
}

TEST_CASE("quantised models stay within the documented distance", "[engine][distance][slow]") {
  for (const auto& [name, prefix] : {std::pair<const char*, std::string>{"gemma4_text", ""},
                                     {"gemma4_mm", "text."},
                                     {"smollm2_llama", ""}}) {
    const Tensors golden = read_safetensors(fixture(name) / "golden.safetensors");
    const auto ids = to_ids(golden.at(prefix + "input_ids"));
    const std::vector<float>& reference = golden.at(prefix + "logits").values;
    const std::size_t vocab = reference.size() / ids.size();
    for (const Way& way : kWays) {
      Engine engine(name, way.weights);
      Engine dequantised(memory_bundle(name, way.weights, true));
      const auto logits = run(engine, ids, way.kv, way.exact);
      const Distance d = measure(logits, reference, vocab);
      const Distance e = measure(logits, run(dequantised, ids, Type::f32, true), vocab);
      char line[200];
      std::snprintf(line, sizeof line, "%s | %s | %.4f | %.2f | %.4f | %.0f%% | %.4f | %.4f |",
                    name, way.name, d.rms, d.max, d.divergence, 100 * d.agree, e.rms, e.divergence);
      INFO(line);
      CHECK(e.rms <= way.most);
    }
  }
}

}  // namespace
}  // namespace cactus::test
