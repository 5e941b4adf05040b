// Sampling against Hugging Face's logits processors (tests/fixtures/sampling), and its own
// promises.
#include "engine/sample/sampler.h"

#include <cmath>
#include <map>
#include <set>

#include "engine/base/json.h"
#include "kernels/dispatch.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace cactus::test {
namespace {

kernels::Exec& exec(int threads = 2) {
  static kernels::Exec one(*kernels::select_table("").table, 1);
  static kernels::Exec two(*kernels::select_table("").table, 2);
  return threads == 1 ? one : two;
}

const std::map<std::string, SampleSettings> kSettings = {
    {"greedy_T1", {}},
    {"T0.7", {.temperature = 0.7f}},
    {"T1_topk64_topp0.95 (gemma default)", {.top_k = 64, .top_p = 0.95f}},
    {"T0.6_topk20_topp0.95 (qwen3 default)", {.temperature = 0.6f, .top_k = 20, .top_p = 0.95f}},
    {"T0.3_minp0.15_rep1.05 (lfm2 default)",
     {.temperature = 0.3f, .min_p = 0.15f, .repetition_penalty = 1.05f}},
    {"topp0.5", {.top_p = 0.5f}},
    {"topk1", {.top_k = 1}},
    {"rep1.3", {.repetition_penalty = 1.3f}},
    {"T1.5_topk5", {.temperature = 1.5f, .top_k = 5}},
    {"minp0.3", {.min_p = 0.3f}},
};

// Logits of a vocabulary of Gemma's size: a few likely tokens, a long tail.
std::vector<float> big_logits(std::size_t n = 262144, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<float> logits(n);
  for (float& x : logits) {
    x = static_cast<float>(6 * std::sqrt(-2 * std::log(1 - random.uniform())) *
                           std::cos(6.283185307179586 * random.uniform()));
  }
  return logits;
}

TEST_CASE("distributions equal Hugging Face's", "[engine]") {
  const Tensors golden = read_safetensors(fixture("sampling") / "golden.safetensors");
  const Json cases = *parse_json(read_file(fixture("sampling") / "golden.json"), "golden.json");
  REQUIRE(cases["cases"].size() == 40);
  for (const Json& c : cases["cases"]) {
    const auto setting = c["setting"].get<std::string>();
    INFO(setting << " on " << c["logits"]);
    const std::vector<float>& logits = golden.at(c["logits"].get<std::string>()).values;
    const auto& history = golden.at(c["history"].get<std::string>()).ints;
    const std::vector<float>& expected = golden.at(c["probs"].get<std::string>()).values;
    const std::vector<std::int32_t> ids(history.begin(), history.end());
    Sampler sampler(kSettings.at(setting), 1);
    const auto got = sampler.distribution(exec(), logits, ids);
    CHECK(got.kept.size() == c["kept"].get<std::size_t>());
    std::vector<double> probability(logits.size(), 0.0);
    for (std::size_t i = 0; i < got.kept.size(); ++i) {
      probability[static_cast<std::size_t>(got.kept[i].id)] = got.probability[i];
    }
    for (std::size_t i = 0; i < logits.size(); ++i) {
      if (std::fabs(probability[i] - static_cast<double>(expected[i])) > 2e-6) {
        FAIL_CHECK("token " << i << ": " << probability[i] << " instead of " << expected[i]);
      }
    }
  }
}

TEST_CASE("tokens are drawn as often as their probability says", "[engine]") {
  std::vector<float> logits(600, -50.0f);
  const std::map<std::int32_t, double> wanted = {{3, 0.5}, {255, 0.25}, {256, 0.15}, {599, 0.1}};
  for (const auto& [id, p] : wanted) {
    logits[static_cast<std::size_t>(id)] = static_cast<float>(std::log(p));
  }
  for (const SampleSettings& settings :
       {SampleSettings{}, SampleSettings{.top_k = 10}, SampleSettings{.top_p = 0.999f}}) {
    Sampler sampler(settings, 7);
    std::map<std::int32_t, int> drawn;
    for (int i = 0; i < 20000; ++i) ++drawn[sampler.pick(exec(1), logits, {})];
    for (const auto& [id, p] : wanted) {
      INFO(id << " drawn " << drawn[id] << " times of 20000");
      CHECK(std::fabs(drawn[id] / 20000.0 - p) < 5 * std::sqrt(p * (1 - p) / 20000));
    }
    CHECK(drawn.size() == wanted.size());
  }
}

TEST_CASE("a seed repeats, at any number of threads; another seed differs", "[engine]") {
  const std::vector<float> logits = big_logits();
  for (const SampleSettings& settings :
       {SampleSettings{}, SampleSettings{.top_k = 64, .top_p = 0.95f},
        SampleSettings{.top_p = 0.9f}, SampleSettings{.temperature = 0.5f, .min_p = 0.05f}}) {
    Sampler a(settings, 42), b(settings, 42), c(settings, 43);
    std::vector<std::int32_t> from_a, from_b, from_c;
    for (int i = 0; i < 12; ++i) {
      from_a.push_back(a.pick(exec(1), logits, {}));
      from_b.push_back(b.pick(exec(2), logits, {}));
      from_c.push_back(c.pick(exec(2), logits, {}));
    }
    CHECK(from_a == from_b);
    CHECK(from_a != from_c);
  }
}

TEST_CASE("random numbers never change", "[engine]") {
  // SplitMix64(42) then xoshiro256**, computed with Python integers.
  Random random(42);
  CHECK(random.next() == 0x15780B2E0C2EC716u);
  CHECK(random.next() == 0x6104D9866D113A7Eu);
  CHECK(random.next() == 0xAE17533239E499A1u);
}

TEST_CASE("greedy takes the first of the greatest and ignores the other rules", "[engine]") {
  std::vector<float> logits = big_logits();
  logits[100] = logits[70000] = 1000;
  Sampler sampler({.temperature = 0, .top_k = 5, .min_p = 0.9f}, 1);
  for (int i = 0; i < 3; ++i) CHECK(sampler.pick(exec(), logits, {}) == 100);
  Sampler penalised({.temperature = 0, .repetition_penalty = 2}, 1);
  const std::int32_t seen[] = {100, 100, -7, 1 << 30};
  CHECK(penalised.pick(exec(), logits, seen) == 70000);
}

TEST_CASE("partial selection over a large vocabulary equals sorting all of it", "[engine]") {
  for (const std::size_t n : {262144u, 262145u, 1000u, 257u, 255u, 3u}) {
    const std::vector<float> logits = big_logits(n, n);
    std::vector<float> sorted = logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (const int k : {1, 2, 64, 900, 5000}) {
      Sampler sampler({.top_k = k}, 1);
      const auto got = sampler.distribution(exec(), logits, {});
      const std::size_t count = std::min(n, static_cast<std::size_t>(k));
      REQUIRE(got.kept.size() == count);
      for (std::size_t i = 0; i < count; ++i) REQUIRE(got.kept[i].score == sorted[i]);
    }
    double total = 0, mass = 0;
    for (const float x : sorted) total += std::exp(static_cast<double>(x - sorted[0]));
    std::size_t nucleus = 0;
    while (mass < 0.9 * total) mass += std::exp(static_cast<double>(sorted[nucleus++] - sorted[0]));
    Sampler sampler({.top_p = 0.9f}, 1);
    CHECK(sampler.distribution(exec(), logits, {}).kept.size() == nucleus);
  }
}

TEST_CASE("logits that are not finite are never drawn", "[engine]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const SampleSettings& settings :
       {SampleSettings{}, SampleSettings{.temperature = 0}, SampleSettings{.top_k = 4},
        SampleSettings{.top_p = 0.5f}, SampleSettings{.min_p = 0.1f}}) {
    std::vector<float> logits(300, nan);
    Sampler sampler(settings, 1);
    CHECK(sampler.pick(exec(), logits, {}) == -1);
    logits[17] = -3;
    logits[18] = -infinity;
    for (int i = 0; i < 5; ++i) CHECK(sampler.pick(exec(), logits, {}) == 17);
  }
}

TEST_CASE("equal logits are all kept and drawn", "[engine]") {
  const std::vector<float> logits(1000, 1.0f);
  Sampler sampler({.top_k = 5}, 1);
  CHECK(sampler.distribution(exec(), logits, {}).kept.size() == 1000);
  std::set<std::int32_t> drawn;
  for (int i = 0; i < 200; ++i) drawn.insert(sampler.pick(exec(), logits, {}));
  CHECK(drawn.size() > 100);
}

TEST_CASE("log probabilities are those of the softmax", "[engine]") {
  const std::vector<float> logits = {1, 2, 3, 0};
  CHECK(log_probability(exec(), logits, 2) == Approx(-0.4401897f));
}

}  // namespace
}  // namespace cactus::test
