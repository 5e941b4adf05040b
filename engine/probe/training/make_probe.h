// From collected answers to a probe: the layer chosen, the head trained, calibrated and measured.
#pragma once
#include <optional>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/probe.h"
#include "engine/probe/training/features.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

struct LayerResult {
  std::int64_t layer = 0;
  double valid_loss = 0, valid_auroc = 0;  // of the best seed
  double test_auroc = 0;                   // NaN without a test split; chooses nothing
};

struct MakeOptions {
  std::optional<std::int64_t> layer;  // unset: the one of all collected with the best valid AUROC
  TrainOptions train;
  bool head_alone = false;  // no blend with the token statistics: a file of version 1
  int sweep_seeds = 1;      // heads trained for each layer while the layer is chosen
};

struct MadeProbe {
  ProbeCard card;
  Head head;
  std::vector<LayerResult> sweep;  // empty when the layer was given
};

// Trains on the split "train", stops and calibrates on "valid"; "test" only enters the card's
// figures. Errors: usage for a split that is missing or has answers of one kind only; cancelled.
Result<MadeProbe> make_probe(const Features& features, const MakeOptions& options);

// One head for each layer of the features.
Result<std::vector<LayerResult>> sweep_layers(const Features& features,
                                              const TrainOptions& options);

}  // namespace cactus::training
