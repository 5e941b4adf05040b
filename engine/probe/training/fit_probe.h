// Both stages of a probe, as they ship: one function for the probe itself and for what is trained
// with a set left out.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/blend.h"
#include "engine/probe/training/features.h"
#include "engine/probe/training/selection.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

struct FittedProbe {
  std::vector<TrainedHead> heads;  // one a seed
  std::optional<Blend> blend;      // unset: the head alone is better on `valid`, or was asked for
  double valid_auroc_head = 0, valid_auroc_blend = 0;  // NaN: no blend was fitted
  const TrainedHead& best() const { return best_of(heads); }
};

// Trains heads on `train`, stops them on `valid`, and fits the blend on `train` by heads that had
// not seen the answer's group. The sets' weights in it are chosen on `valid`. Errors: those of
// train_heads.
Result<FittedProbe> fit_probe(const Features& features, const Selection& train,
                              const Selection& valid, bool head_alone, const TrainOptions& options);

// What an answer's confidence is made from: the logits of the head, blended.
std::vector<double> probe_logits(std::size_t hidden, std::span<const float> parameters,
                                 const std::optional<Blend>& blend, const Selection& answers,
                                 int threads);

}  // namespace cactus::training
