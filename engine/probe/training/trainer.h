// Trains heads: Adam, weight decay, dropout, class weights, early stopping on a validation split,
// several seeds.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/training/network.h"

namespace cactus::training {

struct TrainOptions {
  int seeds = 5;
  std::uint64_t seed = 1;  // the first; the others follow
  int epochs = 40;         // at most
  int patience = 6;        // epochs without a better validation loss before it stops
  int batch = 32;
  double rate = 1e-3;
  double weight_decay = 1e-2;
  double dropout = 0.2;
  bool class_weights = true;  // both classes weigh the same in the loss
  int threads = 1;            // seeds are trained side by side; results do not depend on it
  const std::atomic<bool>* cancel = nullptr;
  std::function<void(int done, int total)> progress;  // epochs; from any thread, one at a time
};

// One seed's result, at its best epoch.
struct TrainedHead {
  std::vector<float> parameters;
  std::uint64_t seed = 0;
  int epochs = 0;  // until the best one
  double valid_loss = 0, valid_auroc = 0;
};

// One for each seed, in their order. Errors: usage when either split is empty or has answers of one
// class only; cancelled.
Result<std::vector<TrainedHead>> train_heads(std::size_t hidden, std::span<const Example> train,
                                             std::span<const Example> valid,
                                             const TrainOptions& options);

const TrainedHead& best_of(std::span<const TrainedHead> heads);  // by validation loss

// The logits of a trained head.
std::vector<double> logits_of(std::size_t hidden, std::span<const float> parameters,
                              std::span<const Example> examples, int threads);

// Calls task(i) for i in [0, n) on up to `threads` threads.
void in_parallel(std::size_t n, int threads, const std::function<void(std::size_t)>& task);

// Weights of a right and of a wrong answer, mean 1 over the examples.
struct ClassWeights {
  double right = 1, wrong = 1;
  double of(bool is_wrong) const { return is_wrong ? wrong : right; }
};
// usage when one class is missing: `what` says where.
Result<ClassWeights> class_weights(std::span<const Example> examples, bool balanced,
                                   const char* what);

}  // namespace cactus::training
