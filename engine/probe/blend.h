// The second stage of a probe: the head's logit and what the model's own probabilities say, weighed
// together into one logit. docs/probe.md, "The blend".
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/probe/token_statistics.h"

namespace cactus {

// Values read from an answer's token statistics. Some apply only to answers of one token, some only
// to longer ones or to those that were weighed; what does not apply counts as its mean.
inline constexpr std::size_t kBlendFeatures = 8;
struct BlendFeatures {
  std::array<double, kBlendFeatures> value{};
  std::array<bool, kBlendFeatures> applies{};
};
// statistics.tokens ≥ 1. All values are finite when the statistics are.
BlendFeatures blend_features(const TokenStatistics& statistics);
std::string_view blend_feature_name(std::size_t i);

// logit = head · (logit of the states) + Σ weight · (value - mean) + bias
struct Blend {
  double head = 1, bias = 0;
  std::array<double, kBlendFeatures> mean{}, weight{};

  // NaN when there was no token, or the head's logit is NaN.
  double operator()(double head_logit, const TokenStatistics& statistics) const;
};

Json blend_json(const Blend& blend);
// incompatible for anything but one finite mean and weight for each feature, in their order; the
// margins may lack, as in files of before, and then count for nothing.
Result<Blend> parse_blend(const Json& value);

}  // namespace cactus
