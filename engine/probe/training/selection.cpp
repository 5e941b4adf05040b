#include "engine/probe/training/selection.h"

#include <algorithm>

#include "engine/probe/training/linear.h"
#include "kernels/pack.h"

namespace cactus::training {

std::vector<bool> Selection::wrong() const {
  std::vector<bool> out;
  for (const Example& example : examples) out.push_back(example.wrong);
  return out;
}

double Selection::accuracy() const {
  double right = 0;
  for (const Example& example : examples) right += example.wrong ? 0 : 1;
  return right / static_cast<double>(examples.size());
}

Selection select(const Features& features, std::size_t layer_index, States states,
                 const RecordFilter& keep) {
  Selection out;
  for (const FeatureRecord& record : features.records()) {
    if (record.states == 0 || !keep(record)) continue;
    const std::uint16_t* rows = features.rows(record, layer_index);
    Example example;
    example.wrong = !record.right;
    example.states = states == States::prompt ? rows : rows + features.hidden();
    example.rows = states == States::prompt ? 1 : static_cast<std::size_t>(record.states);
    out.examples.push_back(example);
    out.records.push_back(&record);
  }
  return out;
}

RecordFilter in_split(const std::string& split) {
  return [split](const FeatureRecord& record) { return record.split == split; };
}

MeanRows mean_rows(std::size_t hidden, const Selection& selection) {
  MeanRows out;
  for (const Example& example : selection.examples) {
    const std::vector<float> mean = mean_state(hidden, example);
    out.values.insert(out.values.end(), mean.begin(), mean.end());
  }
  for (const float v : out.values) out.halves.push_back(kernels::f32_to_f16(v));
  for (std::size_t i = 0; i < selection.size(); ++i)
    out.examples.push_back({out.halves.data() + i * hidden, 1, selection.examples[i].wrong});
  return out;
}

std::vector<std::string> set_names(const Features& features) {
  std::vector<std::string> names;
  for (const FeatureRecord& record : features.records())
    if (std::find(names.begin(), names.end(), record.set) == names.end())
      names.push_back(record.set);
  return names;
}

}  // namespace cactus::training
