#include "engine/probe/training/trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

#include "engine/probe/training/adam.h"
#include "engine/probe/training/metrics.h"

namespace cactus::training {
namespace {

// log(1 + exp(x)) without overflow
double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

double loss_of(std::span<const double> logits, std::span<const Example> examples,
               const ClassWeights& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    sum += weights.of(examples[i].wrong) * softplus(examples[i].wrong ? -logits[i] : logits[i]);
  return sum / static_cast<double>(logits.size());
}

// Matrices decay; norms, biases and the query do not.
bool decays(const HeadLayout& at, std::size_t i) {
  return (i >= at.projection && i < at.projection_bias) || (i >= at.w1 && i < at.b1) ||
         (i >= at.w2 && i < at.b2) || (i >= at.w3 && i < at.b3);
}

void shuffle(std::vector<std::size_t>& order, Random& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.next() % i]);
}

struct Run {
  std::span<const Example> train, valid;
  ClassWeights weights;
  ClassWeights valid_weights;
  const TrainOptions* options;
};

bool stopped(const TrainOptions& options) {
  return options.cancel != nullptr && options.cancel->load(std::memory_order_relaxed);
}

void train_epoch(const Run& run, Network<float>& network, Adam& adam,
                 std::vector<std::size_t>& order, Random& random) {
  const TrainOptions& options = *run.options;
  const auto batch = static_cast<std::size_t>(options.batch);
  shuffle(order, random);
  for (std::size_t begin = 0; begin < order.size() && !stopped(options); begin += batch) {
    const std::size_t end = std::min(begin + batch, order.size());
    network.clear_gradients();
    network.fold();
    for (std::size_t k = begin; k < end; ++k) {
      const Example& example = run.train[order[k]];
      const double logit = static_cast<double>(network.forward(example, options.dropout, &random));
      const double slope = sigmoid(logit) - (example.wrong ? 1 : 0);
      network.backward(static_cast<float>(run.weights.of(example.wrong) * slope));
    }
    network.finish_gradients(1 / static_cast<float>(end - begin));
    adam.step(network.parameters(), network.gradients(), options.rate, options.weight_decay,
              [&](std::size_t i) { return decays(network.layout(), i); });
  }
}

TrainedHead train_seed(std::size_t hidden, const Run& run, std::uint64_t seed,
                       const std::function<void()>& epoch_done) {
  const TrainOptions& options = *run.options;
  Random random(seed);
  Network<float> network(hidden, initial_parameters(hidden, random));
  Adam adam(network.layout().total);
  std::vector<std::size_t> order(run.train.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  TrainedHead best;
  best.seed = seed;
  best.valid_loss = std::numeric_limits<double>::infinity();
  for (int epoch = 1; epoch <= options.epochs && !stopped(options); ++epoch) {
    train_epoch(run, network, adam, order, random);
    network.fold();
    std::vector<double> logits;
    for (const Example& example : run.valid)
      logits.push_back(static_cast<double>(network.forward(example, 0, nullptr)));
    const double loss = loss_of(logits, run.valid, run.valid_weights);
    if (loss < best.valid_loss) {
      best.valid_loss = loss;
      best.parameters = network.parameters();
      best.epochs = epoch;
      std::vector<bool> wrong;
      for (const Example& example : run.valid) wrong.push_back(example.wrong);
      best.valid_auroc = auroc(logits, wrong);
    }
    epoch_done();
    if (epoch - best.epochs >= options.patience) break;
  }
  return best;
}

}  // namespace

void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < n; i = next++) task(i);
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min(static_cast<std::size_t>(std::max(threads, 1)), n); ++i)
    others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
}

Result<ClassWeights> class_weights(std::span<const Example> examples, bool balanced,
                                   const char* what) {
  const auto wrong = static_cast<double>(std::count_if(
      examples.begin(), examples.end(), [](const Example& example) { return example.wrong; }));
  const auto n = static_cast<double>(examples.size());
  if (wrong == 0 || wrong == n) {
    return make_error(ErrorKind::usage,
                      std::string("there is nothing to learn from the ") + what + " split",
                      examples.empty() ? "it is empty"
                      : wrong == 0     ? "all its answers are right"
                                       : "all its answers are wrong",
                      "prompts that the model answers rightly about half of the time");
  }
  if (!balanced) return ClassWeights{};
  return ClassWeights{n / (2 * (n - wrong)), n / (2 * wrong)};
}

Result<std::vector<TrainedHead>> train_heads(std::size_t hidden, std::span<const Example> train,
                                             std::span<const Example> valid,
                                             const TrainOptions& options) {
  CACTUS_TRY(weights, class_weights(train, options.class_weights, "train"));
  CACTUS_TRY(valid_weights, class_weights(valid, options.class_weights, "valid"));
  const Run run{train, valid, weights, valid_weights, &options};
  const auto seeds = static_cast<std::size_t>(std::max(options.seeds, 1));
  std::vector<TrainedHead> heads(seeds);
  std::mutex mutex;
  int done = 0;
  in_parallel(seeds, options.threads, [&](std::size_t i) {
    int mine = 0;
    const auto report = [&](int epochs) {
      const std::lock_guard<std::mutex> lock(mutex);
      done += epochs;
      mine += epochs;
      if (options.progress) options.progress(done, static_cast<int>(seeds) * options.epochs);
    };
    heads[i] = train_seed(hidden, run, options.seed + i, [&] { report(1); });
    report(options.epochs - mine);
  });
  if (stopped(options)) return make_error(ErrorKind::cancelled, "training was interrupted");
  return heads;
}

const TrainedHead& best_of(std::span<const TrainedHead> heads) {
  return *std::min_element(heads.begin(), heads.end(), [](const auto& a, const auto& b) {
    return a.valid_loss < b.valid_loss;
  });
}

std::vector<double> logits_of(std::size_t hidden, std::span<const float> parameters,
                              std::span<const Example> examples, int threads) {
  std::vector<double> logits(examples.size());
  constexpr std::size_t kPart = 64;
  in_parallel((examples.size() + kPart - 1) / kPart, threads, [&](std::size_t part) {
    Network<float> network(hidden, {parameters.begin(), parameters.end()});
    for (std::size_t i = part * kPart; i < std::min((part + 1) * kPart, examples.size()); ++i)
      logits[i] = static_cast<double>(network.forward(examples[i], 0, nullptr));
  });
  return logits;
}

}  // namespace cactus::training
