// Everything that is said of a probe, as one JSON object: the report's data (docs/probe.md).
#pragma once
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/probe/probe.h"
#include "engine/probe/training/features.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

struct EvaluateOptions {
  TrainOptions train;          // for the simpler heads, the sweep and leaving sets out
  bool simpler_heads = true;   // where the features have train and valid splits
  bool sweep = false;          // one head for each layer collected
  bool leave_one_out = false;  // for each set: trained without it, tested on it
  int resamples = 1000;        // of the bootstrap
  double other_accuracy = 1;   // of the one who is asked instead, for the hand-off curve
};

// On the split "test" of features of the probe's own model. Errors: usage when it is empty or of
// another model or layer; those of training.
Result<Json> evaluate(const Features& features, const Probe& probe, const EvaluateOptions& options);

}  // namespace cactus::training
