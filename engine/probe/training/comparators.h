// What a probe is compared with: the model's own opinion of its tokens, and simpler heads trained
// on the same answers.
#pragma once
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/probe/training/selection.h"
#include "engine/probe/training/trainer.h"

namespace cactus::training {

// A score for each answer of a selection; a greater one says "more likely wrong".
struct Scores {
  std::string name;   // "token entropy"
  std::string about;  // one line for the report
  std::vector<double> values;
};

// Token entropy, mean and low-quantile log-probability, answer length: nothing is trained.
std::vector<Scores> token_scores(const Selection& selection);

// Trained on the splits "train" and "valid", scored on the answers that `test` picks, in their
// order: linear on the mean state, MLP on the mean state, and the head on the prompt's last token
// alone.
Result<std::vector<Scores>> trained_scores(const Features& features, std::size_t layer_index,
                                           const RecordFilter& test, const TrainOptions& options);

}  // namespace cactus::training
