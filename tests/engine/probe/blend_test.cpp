// What a model says of its own tokens, and the blend of that with a head's logit.
#include "engine/probe/blend.h"

#include <cmath>
#include <limits>

#include "engine/probe/token_statistics.h"
#include "engine/probe/training/fit_blend.h"
#include "engine/probe/training/metrics.h"
#include "kernels/dispatch.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using namespace cactus::training;

// The definitions, in double, over the ids that `may` lets through.
template <class May>
TokenMeasures plainly(const std::vector<float>& logits, std::size_t id, const May& may) {
  double greatest = -std::numeric_limits<double>::infinity(), sum = 0, entropy = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (may(i)) greatest = std::max(greatest, static_cast<double>(logits[i]));
  for (std::size_t i = 0; i < logits.size(); ++i)
    if (may(i)) sum += std::exp(static_cast<double>(logits[i]) - greatest);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double p = may(i) ? std::exp(static_cast<double>(logits[i]) - greatest) / sum : 0;
    if (p > 0) entropy -= p * std::log(p);
  }
  return {static_cast<double>(logits[id]) - greatest - std::log(sum), entropy, 0, 0};
}

TokenStatistics drawn_tokens(Random& random, double surprise) {
  RunningStatistics statistics;
  const auto tokens = 1 + random.next() % 12;
  for (std::uint64_t t = 0; t < tokens; ++t) {
    const double nats = surprise * random.uniform();
    statistics.add({-nats, nats, -nats, 1.5 * nats});
  }
  if (random.uniform() < 0.7) statistics.set_margin(4 * random.uniform() - 2);
  return statistics.running();
}

double auroc_of(const Blend& blend, const std::vector<BlendRow>& rows) {
  std::vector<double> logits;
  std::vector<bool> wrong;
  for (const BlendRow& row : rows) {
    logits.push_back(blend(row.head, row.statistics));
    wrong.push_back(row.wrong);
  }
  return auroc(logits, wrong);
}

// `states`, `tokens`: how much the head's logit and the tokens know of which answers are wrong.
std::vector<BlendRow> drawn_rows(std::size_t n, std::uint64_t seed, double states, double tokens) {
  Random random(seed);
  std::vector<BlendRow> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const bool wrong = random.uniform() < 0.4;
    const double noise = 4 * random.uniform() - 2;
    rows.push_back({noise + (wrong ? states : 0),
                    drawn_tokens(random, wrong ? std::exp(tokens - 2) : std::exp(-2.0)), wrong});
  }
  return rows;
}

}  // namespace

TEST_CASE("token measures are the definitions, with and without a constraint", "[engine]") {
  kernels::Exec one(*kernels::select_table("").table, 1),
      three(*kernels::select_table("").table, 3);
  for (const std::size_t n : {1u, 2u, 3u, 5u, 255u, 4096u, 4099u, 20001u}) {
    for (const double scale : {0.1, 5.0, 60.0}) {
      std::vector<float> logits = random_floats(n, n, scale);
      if (n > 4) logits[4] = -std::numeric_limits<float>::infinity();
      std::vector<std::uint64_t> allowed((n + 63) / 64);
      const std::size_t id = n / 2;
      for (std::size_t i = 0; i < n; ++i)
        if (i % 7 == 2 || i == id) allowed[i / 64] |= std::uint64_t{1} << (i % 64);
      INFO(n << " " << scale);
      const TokenMeasures all = measure_token(one, logits, static_cast<std::int32_t>(id));
      const TokenMeasures expected = plainly(logits, id, [](std::size_t) { return true; });
      CHECK(all.logprob == Approx(expected.logprob).margin(1e-5));
      CHECK(all.entropy == Approx(expected.entropy).epsilon(1e-4).margin(1e-5));
      CHECK((all.choice_logprob == all.logprob && all.choice_entropy == all.entropy));
      const TokenMeasures some = measure_token(one, logits, static_cast<std::int32_t>(id), allowed);
      const TokenMeasures choice =
          plainly(logits, id, [&](std::size_t i) { return i % 7 == 2 || i == id; });
      CHECK(some.logprob == all.logprob);
      CHECK(some.choice_logprob == Approx(choice.logprob).margin(1e-9));
      CHECK(some.choice_entropy == Approx(choice.entropy).margin(1e-9));
      const TokenMeasures again =
          measure_token(three, logits, static_cast<std::int32_t>(id), allowed);
      CHECK((again.logprob == some.logprob && again.entropy == some.entropy &&
             again.choice_logprob == some.choice_logprob));
    }
  }
  // No choice: nothing is said, however little the model wanted it.
  const std::vector<float> logits{9, -9, 3};
  const std::vector<std::uint64_t> only{2};
  const TokenMeasures forced = measure_token(one, logits, 1, only);
  CHECK(forced.logprob < -17);
  CHECK(forced.choice_logprob == 0);
  CHECK(forced.choice_entropy == 0);
}

TEST_CASE("statistics of tokens grow with the answer", "[engine]") {
  Random random(4);
  std::vector<TokenMeasures> tokens;
  RunningStatistics growing;
  CHECK(growing.running().tokens == 0);
  for (int t = 0; t < 30; ++t) {
    const double nats = 3 * random.uniform();
    tokens.push_back({-nats, nats / 2, -nats / 3, nats / 4});
    growing.add(tokens.back());
    RunningStatistics fresh;
    double sum = 0, least = 0, choice = 0, greatest = 0;
    for (const TokenMeasures& token : tokens) {
      fresh.add(token);
      sum += token.logprob;
      least = std::min(least, token.logprob);
      choice += token.choice_logprob;
      greatest = std::max(greatest, token.entropy);
    }
    const TokenStatistics a = growing.all(), b = fresh.all();
    CHECK((a.mean_logprob == b.mean_logprob && a.low_logprob == b.low_logprob));
    CHECK(a.tokens == t + 1);
    CHECK(a.mean_logprob == Approx(sum / (t + 1)));
    CHECK((a.min_logprob == least && a.max_entropy == greatest));
    CHECK(a.choice_logprob == Approx(choice));
    CHECK(a.first_choice_logprob == tokens[0].choice_logprob);
    CHECK((a.low_logprob >= least && a.low_logprob <= a.mean_logprob + 1e-12));
  }
}

TEST_CASE("a blend by hand: what does not apply counts as its mean", "[engine]") {
  const Blend blend = example_blend();
  TokenStatistics s;
  CHECK(std::isnan(blend(1.0, s)));
  s.tokens = 1;
  s.choice_logprob = s.first_choice_logprob = -0.25;
  s.choice_entropy = 0.5;
  s.mean_logprob = -0.125;
  CHECK(blend(2.0, s) ==
        Approx(0.75 * 2 - 0.1 + -0.5 * (1 - 0.25) + 1.25 * (std::log(0.251) + 1.5)));
  s.tokens = 4;
  CHECK(blend(2.0, s) == Approx(0.75 * 2 - 0.1 + -0.5 * (0 - 0.25) + (std::log(0.251) + 2.25) / 3 +
                                0.7 * (std::log(0.501) + 1) + 0.1 * (std::log(0.251) + 3) +
                                0.2 * (std::log(0.126) + 2)));
  CHECK(std::isnan(blend(std::numeric_limits<double>::quiet_NaN(), s)));
  Json written = parse_json(dump_json(blend_json(blend)), "it").value();
  const auto again = parse_blend(written);
  REQUIRE(again);
  CHECK((*again)(0.7, s) == blend(0.7, s));
  // How narrowly a call was written counts in its place, and how narrowly one was declined in its.
  TokenStatistics narrowly = s;
  narrowly.margin = 0.5;
  CHECK(blend(2.0, narrowly) == Approx(blend(2.0, s) - 0.6 * (0.5 - 3)));
  narrowly.tokens = s.tokens = 1;
  narrowly.margin = -0.5;
  CHECK(blend(2.0, narrowly) == Approx(blend(2.0, s) + 0.4 * (-0.5 + 2)));
  // A file from before the margins.
  written["features"].erase(7);
  CHECK_FALSE(parse_blend(written));
  written["features"].erase(6);
  const auto before = parse_blend(written);
  REQUIRE(before);
  CHECK((*before)(2.0, narrowly) == blend(2.0, s));
}

TEST_CASE("fitting a blend ends where its loss has no slope", "[engine]") {
  const std::vector<BlendRow> rows = drawn_rows(500, 3, 1, 1);
  const auto found = fit_blend(rows, 1e-9);
  REQUIRE(found);
  const auto loss = [&](const Blend& blend) {
    double sum = 0;
    for (const BlendRow& row : rows) {
      const double logit = blend(row.head, row.statistics);
      sum += std::log1p(std::exp(row.wrong ? -logit : logit));
    }
    return sum;
  };
  const double least = loss(*found);
  const auto flat = [&](auto place) {
    constexpr double step = 1e-4;
    Blend up = *found, down = *found;
    place(up) += step;
    place(down) -= step;
    CHECK((loss(up) - loss(down)) / (2 * step) == Approx(0).margin(1e-3));
    CHECK((loss(up) > least && loss(down) > least));
  };
  flat([](Blend& b) -> double& { return b.head; });
  flat([](Blend& b) -> double& { return b.bias; });
  for (std::size_t i = 0; i < kBlendFeatures; ++i)
    flat([i](Blend& b) -> double& { return b.weight[i]; });
}

TEST_CASE("a blend finds what lies in the tokens alone, and in the states alone", "[engine]") {
  for (const auto& [states, tokens] : {std::pair{0.0, 2.0}, {2.0, 0.0}, {1.5, 1.5}}) {
    const auto blend = fit_blend(drawn_rows(1500, 5, states, tokens));
    REQUIRE(blend);
    const std::vector<BlendRow> fresh = drawn_rows(2000, 6, states, tokens);
    Blend head_alone, tokens_alone = *blend;
    tokens_alone.head = 0;
    INFO(states << " " << tokens);
    const double both = auroc_of(*blend, fresh);
    CHECK(both > 0.8);
    CHECK(both > auroc_of(head_alone, fresh) - 0.01);
    CHECK(both > auroc_of(tokens_alone, fresh) - 0.01);
    if (tokens == 0) CHECK(std::abs(auroc_of(tokens_alone, fresh) - 0.5) < 0.1);
    if (states == 0) CHECK(std::abs(blend->head) < 0.2);
  }
  // One class, or nothing at all.
  std::vector<BlendRow> right = drawn_rows(50, 5, 1, 1);
  for (BlendRow& row : right) row.wrong = false;
  CHECK_FALSE(fit_blend(right));
  CHECK_FALSE(fit_blend({}));
  // Nothing to tell apart by: the share of wrong answers.
  Random random(1);
  std::vector<BlendRow> same(10, {1.0, drawn_tokens(random, 0.1), false});
  same[0].wrong = same[1].wrong = same[2].wrong = true;
  const auto flat = fit_blend(same);
  REQUIRE(flat);
  CHECK(sigmoid((*flat)(1.0, same[0].statistics)) == Approx(0.3).margin(1e-6));
}

}  // namespace cactus::test
