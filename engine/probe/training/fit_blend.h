// Fits the second stage: how far to trust the head's logit beside the model's own probabilities.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/blend.h"
#include "engine/probe/training/selection.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

struct BlendRow {
  double head = 0;  // the logit of a head that was not trained on this answer
  TokenStatistics statistics;
  bool wrong = false;
};

// Every answer weighs as much as any other. Logistic regression by Newton's method, squared weights
// of the standardised features (all but the bias) penalised by `penalty` / 2. Unset when a class is
// missing or no step can be taken.
std::optional<Blend> fit_blend(std::span<const BlendRow> rows, double penalty = 1);

// The logit of each answer of `train`, from a head that saw no answer of its group: the groups are
// divided into `folds` parts of like size, and one head is trained without each. NaN where that
// left nothing to learn from. Errors: cancelled. Deterministic from options.seed.
Result<std::vector<double>> held_out_logits(std::size_t hidden, const Selection& train,
                                            const Selection& valid, int folds,
                                            const TrainOptions& options);

}  // namespace cactus::training
