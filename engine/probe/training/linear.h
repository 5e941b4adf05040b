// The plain head to compare with: logistic regression on the mean of an answer's states, each entry
// standardised over the training split.
#pragma once
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

struct LinearHead {
  std::vector<float> mean, scale, weight;  // [hidden] each
  float bias = 0;
  double logit(std::span<const float> pooled) const;
};

// The mean of an example's LayerNorm-ed states, [hidden].
std::vector<float> mean_state(std::size_t hidden, const Example& example);

// Adam on the weighted logistic loss with weight decay, stopped early like the other heads; one
// seed. `inputs` [n, hidden] are mean states.
Result<LinearHead> train_linear(std::size_t hidden, std::span<const float> train,
                                std::span<const Example> train_examples,
                                std::span<const float> valid,
                                std::span<const Example> valid_examples,
                                const TrainOptions& options);

}  // namespace cactus::training
