// Parts of collected answers as training and evaluation want them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/probe/training/features.h"
#include "engine/probe/training/network.h"

namespace cactus::training {

enum class States {
  generated,  // of the answer's tokens: answers that have none are left out
  prompt,     // of the prompt's last token alone
};

// Points into the features, which must outlive it.
struct Selection {
  std::vector<Example> examples;
  std::vector<const FeatureRecord*> records;
  std::size_t size() const { return examples.size(); }
  std::vector<bool> wrong() const;
  double accuracy() const;  // share of right answers; NaN of none
};

using RecordFilter = std::function<bool(const FeatureRecord&)>;
Selection select(const Features& features, std::size_t layer_index, States states,
                 const RecordFilter& keep);
RecordFilter in_split(const std::string& split);

// The same answers, each as one row: the mean of its LayerNorm-ed states. Owns the rows.
struct MeanRows {
  std::vector<float> values;          // [n, hidden]
  std::vector<std::uint16_t> halves;  // the same, f16
  std::vector<Example> examples;      // point into `halves`
};
MeanRows mean_rows(std::size_t hidden, const Selection& selection);

// Names of the sets in the order they first appear, over all splits.
std::vector<std::string> set_names(const Features& features);

}  // namespace cactus::training
