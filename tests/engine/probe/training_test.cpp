// Gradients against finite differences; signals that were planted are found; the same seed gives
// the same head.
#include <atomic>

#include "engine/probe/training/linear.h"
#include "engine/probe/training/metrics.h"
#include "engine/probe/training/trainer.h"
#include "kernels/pack.h"
#include "tests/engine/probe/support.h"
#include "tests/support/catch.h"

namespace cactus::test {
namespace {

using namespace cactus::training;

// Answers of random states; owns their numbers.
struct Answers {
  std::vector<std::vector<std::uint16_t>> states;
  std::vector<Example> examples;

  void add(const std::vector<float>& values, std::size_t rows, bool wrong) {
    std::vector<std::uint16_t> half;
    for (const float v : values) half.push_back(kernels::f32_to_f16(v));
    states.push_back(std::move(half));
    examples.push_back({states.back().data(), rows, wrong});
  }
  std::vector<bool> wrong() const {
    std::vector<bool> out;
    for (const Example& e : examples) out.push_back(e.wrong);
    return out;
  }
};

// A wrong answer has one token, somewhere, along a direction; the others are noise. A mean over
// many tokens hides it.
Answers planted(std::size_t d, std::size_t n, std::uint64_t seed, double strength) {
  Random random(seed);
  Answers answers;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t rows = 4 + random.next() % 24;
    std::vector<float> values = random_floats(rows * d, seed * 100003 + i, 1);
    const bool wrong = random.uniform() < 0.4;
    const std::size_t at = random.next() % rows;
    for (std::size_t j = 0; j < d; j += 3)
      values[at * d + j] += static_cast<float>((wrong ? 1 : -1) * strength);
    // what tells the token is there in both classes
    for (std::size_t j = 1; j < d; j += 3) values[at * d + j] += static_cast<float>(strength);
    answers.add(values, rows, wrong);
  }
  return answers;
}

TrainOptions quick() {
  TrainOptions options;
  options.seeds = 2;
  options.epochs = 15;
  return options;
}

}  // namespace

TEST_CASE("probe training: gradients equal finite differences", "[engine]") {
  constexpr std::size_t d = 6;
  std::vector<double> parameters;
  for (const float p : random_parameters(d, 11)) parameters.push_back(static_cast<double>(p));
  Answers answers;
  answers.add(random_floats(5 * d, 1), 5, true);
  answers.add(random_floats(1 * d, 2), 1, false);
  answers.add(random_floats(9 * d, 3), 9, true);
  const auto loss = [&](Network<double>& network) {
    network.fold();
    double sum = 0;
    Random random(5);  // the same draws of dropout every time
    for (const Example& e : answers.examples) {
      const double logit = network.forward(e, 0.2, &random);
      sum += std::log1p(std::exp(e.wrong ? -logit : logit));
    }
    return sum / 3;
  };
  Network<double> network(d, parameters);
  network.clear_gradients();
  network.fold();
  Random random(5);
  for (const Example& e : answers.examples) {
    const double logit = network.forward(e, 0.2, &random);
    network.backward(sigmoid(logit) - (e.wrong ? 1 : 0));
  }
  network.finish_gradients(1.0 / 3);
  int large = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    constexpr double step = 1e-6;
    Network<double> moved(d, parameters);
    moved.parameters()[i] += step;
    const double up = loss(moved);
    moved.parameters()[i] -= 2 * step;
    const double slope = (up - loss(moved)) / (2 * step);
    INFO(i);
    CHECK(network.gradients()[i] == Approx(slope).epsilon(1e-4).margin(1e-7));
    if (std::abs(slope) > 1e-4) ++large;
  }
  CHECK(large > 500);  // most of them say something
}

TEST_CASE("probe training: a network and a head compute the same", "[engine]") {
  constexpr std::size_t d = 24;
  const std::vector<float> parameters = random_parameters(d, 4);
  const Head head(d, parameters);
  Answers answers = planted(d, 10, 3, 1);
  const auto logits = logits_of(d, parameters, answers.examples, 2);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    RunningPool pool(head);
    std::vector<float> row(d);
    for (std::size_t t = 0; t < answers.examples[i].rows; ++t) {
      for (std::size_t j = 0; j < d; ++j)
        row[j] = kernels::f16_to_f32(answers.states[i][t * d + j]);
      pool.add(row);
    }
    CHECK(pool.logit() == Approx(logits[i]).margin(1e-4));
  }
}

TEST_CASE("probe training: a planted signal is found, and better than by the mean", "[engine]") {
  constexpr std::size_t d = 24;
  Answers train = planted(d, 800, 1, 0.7), valid = planted(d, 200, 2, 0.7),
          test = planted(d, 400, 3, 0.7);
  const auto heads = train_heads(d, train.examples, valid.examples, quick());
  REQUIRE(heads);
  const TrainedHead& best = best_of(*heads);
  const double pooled = auroc(logits_of(d, best.parameters, test.examples, 1), test.wrong());
  CHECK(pooled > 0.9);

  const auto means = [&](const Answers& answers) {
    std::vector<float> all;
    for (const Example& e : answers.examples)
      for (const float v : mean_state(d, e)) all.push_back(v);
    return all;
  };
  const auto train_means = means(train), valid_means = means(valid), test_means = means(test);
  const auto linear =
      train_linear(d, train_means, train.examples, valid_means, valid.examples, quick());
  REQUIRE(linear);
  std::vector<double> logits;
  for (std::size_t i = 0; i < test.examples.size(); ++i)
    logits.push_back(linear->logit(std::span(test_means).subspan(i * d, d)));
  const double mean = auroc(logits, test.wrong());
  CHECK(mean > 0.6);  // it sees something
  CHECK(pooled > mean + 0.03);
}

TEST_CASE("probe training: nothing planted, nothing found", "[engine]") {
  constexpr std::size_t d = 12;
  Answers train = planted(d, 300, 1, 0), valid = planted(d, 100, 2, 0),
          test = planted(d, 600, 3, 0);
  const auto heads = train_heads(d, train.examples, valid.examples, quick());
  REQUIRE(heads);
  const double found =
      auroc(logits_of(d, best_of(*heads).parameters, test.examples, 1), test.wrong());
  CHECK(std::abs(found - 0.5) < 0.1);
}

TEST_CASE("probe training: one seed, one head, whatever the threads", "[engine]") {
  constexpr std::size_t d = 12;
  Answers train = planted(d, 100, 1, 1), valid = planted(d, 60, 2, 1);
  TrainOptions options = quick();
  options.epochs = 4;
  options.seeds = 3;
  const auto once = train_heads(d, train.examples, valid.examples, options);
  options.threads = 3;
  const auto again = train_heads(d, train.examples, valid.examples, options);
  options.seed = 9;
  const auto other = train_heads(d, train.examples, valid.examples, options);
  REQUIRE((once && again && other));
  for (std::size_t i = 0; i < 3; ++i) CHECK((*once)[i].parameters == (*again)[i].parameters);
  CHECK((*once)[0].parameters != (*once)[1].parameters);
  CHECK((*once)[0].parameters != (*other)[0].parameters);
}

TEST_CASE("probe training: what cannot be learnt from says why", "[engine]") {
  constexpr std::size_t d = 4;
  Answers good = planted(d, 30, 1, 1), right, none;
  right.add(random_floats(d, 1), 1, false);
  for (auto [train, valid] : {std::pair{&right, &good}, {&good, &right}, {&none, &good}}) {
    const auto heads = train_heads(d, train->examples, valid->examples, quick());
    REQUIRE_FALSE(heads);
    CHECK(heads.error().kind == ErrorKind::usage);
    CHECK_FALSE(heads.error().why.empty());
  }
  std::atomic<bool> cancel{true};
  TrainOptions options = quick();
  options.cancel = &cancel;
  CHECK(train_heads(d, good.examples, good.examples, options).error().kind == ErrorKind::cancelled);
}

}  // namespace cactus::test
