#include "engine/probe/training/linear.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/probe/training/adam.h"
#include "kernels/pack.h"

namespace cactus::training {

double LinearHead::logit(std::span<const float> pooled) const {
  double sum = static_cast<double>(bias);
  for (std::size_t j = 0; j < weight.size(); ++j)
    sum += static_cast<double>(weight[j] * (pooled[j] - mean[j]) * scale[j]);
  return sum;
}

std::vector<float> mean_state(std::size_t hidden, const Example& example) {
  std::vector<float> sum(hidden), row(hidden), clean(hidden);
  for (std::size_t t = 0; t < example.rows; ++t) {
    for (std::size_t j = 0; j < hidden; ++j)
      row[j] = kernels::f16_to_f32(example.states[t * hidden + j]);
    if (!normalise(row.data(), hidden, clean.data())) continue;
    for (std::size_t j = 0; j < hidden; ++j) sum[j] += clean[j] / static_cast<float>(example.rows);
  }
  return sum;
}

Result<LinearHead> train_linear(std::size_t hidden, std::span<const float> train,
                                std::span<const Example> train_examples,
                                std::span<const float> valid,
                                std::span<const Example> valid_examples,
                                const TrainOptions& options) {
  CACTUS_TRY(weights, class_weights(train_examples, options.class_weights, "train"));
  CACTUS_TRY(valid_weights, class_weights(valid_examples, options.class_weights, "valid"));
  const std::size_t n = train_examples.size();
  LinearHead head;
  head.mean.resize(hidden);
  head.scale.resize(hidden);
  for (std::size_t j = 0; j < hidden; ++j) {
    double sum = 0, squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto x = static_cast<double>(train[i * hidden + j]);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / static_cast<double>(n);
    head.mean[j] = static_cast<float>(mean);
    head.scale[j] = static_cast<float>(
        1 / std::sqrt(std::max(squares / static_cast<double>(n) - mean * mean, 1e-8)));
  }

  // weight [hidden], then the bias
  std::vector<float> parameters(hidden + 1), gradients(hidden + 1), x(hidden);
  Adam adam(hidden + 1);
  Random random(options.seed);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  double best_loss = std::numeric_limits<double>::infinity();
  int best_epoch = 0;
  const auto batch = static_cast<std::size_t>(options.batch);
  for (int epoch = 1; epoch <= options.epochs && epoch - best_epoch <= options.patience; ++epoch) {
    if (options.cancel != nullptr && *options.cancel)
      return make_error(ErrorKind::cancelled, "training was interrupted");
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.next() % i]);
    for (std::size_t begin = 0; begin < n; begin += batch) {
      const std::size_t end = std::min(begin + batch, n);
      std::fill(gradients.begin(), gradients.end(), 0.0f);
      for (std::size_t k = begin; k < end; ++k) {
        const std::size_t i = order[k];
        float logit = parameters[hidden];
        for (std::size_t j = 0; j < hidden; ++j) {
          x[j] = (train[i * hidden + j] - head.mean[j]) * head.scale[j];
          logit += parameters[j] * x[j];
        }
        const bool wrong = train_examples[i].wrong;
        const double slope = (sigmoid(static_cast<double>(logit)) - (wrong ? 1 : 0)) *
                             weights.of(wrong) / static_cast<double>(end - begin);
        for (std::size_t j = 0; j < hidden; ++j) gradients[j] += static_cast<float>(slope) * x[j];
        gradients[hidden] += static_cast<float>(slope);
      }
      adam.step(parameters, gradients, options.rate, options.weight_decay,
                [&](std::size_t j) { return j < hidden; });
    }
    LinearHead now = head;
    now.weight.assign(parameters.begin(), parameters.end() - 1);
    now.bias = parameters[hidden];
    double loss = 0;
    for (std::size_t i = 0; i < valid_examples.size(); ++i) {
      const double logit = now.logit(valid.subspan(i * hidden, hidden));
      const bool wrong = valid_examples[i].wrong;
      loss -= valid_weights.of(wrong) * std::log(std::max(sigmoid(wrong ? logit : -logit), 1e-12));
    }
    if (loss < best_loss) {
      best_loss = loss;
      best_epoch = epoch;
      head.weight = std::move(now.weight);
      head.bias = now.bias;
    }
  }
  return head;
}

}  // namespace cactus::training
