#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"

namespace cactus::test {

TEST_CASE("the head for 1536 has 64,833 parameters", "[engine]") {
  CHECK(HeadLayout(1536).total == 64833);
}

TEST_CASE("probe: the streaming pool equals the batch formula, after every token", "[engine]") {
  for (const std::size_t d : {1u, 7u, 64u, 384u, 1536u}) {
    const std::vector<float> parameters = random_parameters(d, d);
    const Head head(d, parameters);
    RunningPool pool(head);
    std::vector<std::vector<float>> states;
    for (std::uint64_t t = 0; t < 20; ++t) {
      // Real models have a few huge entries and an offset.
      std::vector<float> state = random_floats(d, 100 * d + t, 3);
      for (float& x : state) x += 2;
      if (d > 8) state[5] = 800;
      pool.add(state);
      states.push_back(state);
      CHECK(pool.tokens() == static_cast<std::int64_t>(t) + 1);
      CHECK(pool.logit() == Approx(batch_logit(d, parameters, states)).margin(2e-4));
    }
    const double before = pool.logit();
    pool.clear();
    CHECK(std::isnan(pool.logit()));
    for (const auto& state : states) pool.add(state);
    CHECK(pool.logit() == before);
  }
}

TEST_CASE("probe: scores of any size leave the pool finite", "[engine]") {
  const std::size_t d = 16;
  std::vector<float> parameters = random_parameters(d, 3);
  const HeadLayout at(d);
  for (std::size_t i = 0; i < kProbeWidth; ++i) parameters[at.query + i] = i % 2 ? 900.f : -900.f;
  const Head head(d, parameters);
  RunningPool pool(head);
  for (std::uint64_t t = 0; t < 200; ++t) {
    pool.add(random_floats(d, t, 10));
    CHECK(std::isfinite(pool.logit()));
  }
}

TEST_CASE("probe: no token, or one that is not finite, gives no number", "[engine]") {
  const std::size_t d = 8;
  const Head head(d, random_parameters(d, 1));
  const Probe probe(example_card(8), head);
  RunningPool pool(head);
  CHECK_FALSE(probe.confidence(pool.logit()));
  pool.add(std::vector<float>(d, 1.0f));  // no variance is a number still
  CHECK(probe.confidence(pool.logit()));
  pool.add(std::vector<float>(d, std::nanf("")));
  CHECK_FALSE(probe.confidence(pool.logit()));
  pool.clear();
  pool.add(std::vector<float>(d - 1, 1.0f));
  CHECK_FALSE(probe.confidence(pool.logit()));
}

TEST_CASE("confidence is one minus the calibrated chance of being wrong", "[engine]") {
  const Probe probe(example_card(8), Head(8, random_parameters(8, 1)));
  CHECK(*probe.confidence(2.0) == Approx(1 - 1 / (1 + std::exp(-(0.5 * 2.0 - 0.25)))));
  Calibration map;
  CHECK(map(0.0) == 0.5);
  map.kind = Calibration::Kind::isotonic;
  map.x = {-1, 0, 2};
  map.y = {0.1, 0.2, 0.8};
  CHECK(map(-5) == 0.1);
  CHECK(map(1) == Approx(0.5));
  CHECK(map(9) == 0.8);
  CHECK(map(0) == Approx(0.2));
}

}  // namespace cactus::test
