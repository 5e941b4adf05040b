#include "engine/probe/blend.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cactus {
namespace {

constexpr std::array<std::string_view, kBlendFeatures> kNames = {
    "one_token",      "one_token_surprise", "surprise",        "entropy",
    "first_surprise", "mean_surprise",      "declined_margin", "called_margin"};
constexpr std::size_t kWithoutMargins = 6;

// Surprises and entropies of sure answers differ by powers of ten: their order of magnitude is what
// tells answers apart. Below a thousandth of a nat nothing does.
double magnitude(double nats) {
  return std::log(1e-3 + std::max(nats, 0.0));
}

Error broken(const std::string& why) {
  return make_error(ErrorKind::incompatible, "the probe's blend cannot be used", why,
                    "a newer cactus, or a new probe: cactus probe train");
}

Result<double> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number() || !std::isfinite(found->get<double>()))
    return broken(std::string(key) + " is no finite number");
  return found->get<double>();
}

}  // namespace

std::string_view blend_feature_name(std::size_t i) {
  return kNames[i];
}

BlendFeatures blend_features(const TokenStatistics& s) {
  const bool one = s.tokens == 1;
  const bool weighed = s.margin.has_value();
  const double margin = s.margin.value_or(0);
  return {{one ? 1.0 : 0.0, magnitude(-s.choice_logprob), magnitude(-s.choice_logprob),
           magnitude(s.choice_entropy), magnitude(-s.first_choice_logprob),
           magnitude(-s.mean_logprob), margin, margin},
          {true, one, !one, !one, !one, !one, one && weighed, !one && weighed}};
}

double Blend::operator()(double head_logit, const TokenStatistics& statistics) const {
  if (statistics.tokens < 1) return std::numeric_limits<double>::quiet_NaN();
  const BlendFeatures features = blend_features(statistics);
  double logit = head * head_logit + bias;
  for (std::size_t i = 0; i < kBlendFeatures; ++i)
    if (features.applies[i]) logit += weight[i] * (features.value[i] - mean[i]);
  return logit;
}

Json blend_json(const Blend& blend) {
  Json features = Json::array();
  for (std::size_t i = 0; i < kBlendFeatures; ++i)
    features.push_back({{"name", kNames[i]}, {"mean", blend.mean[i]}, {"weight", blend.weight[i]}});
  return {{"head", blend.head}, {"bias", blend.bias}, {"features", std::move(features)}};
}

Result<Blend> parse_blend(const Json& value) {
  if (!value.is_object()) return broken("it is no JSON object");
  Blend blend;
  CACTUS_TRY(head, number_at(value, "head"));
  CACTUS_TRY(bias, number_at(value, "bias"));
  blend.head = head;
  blend.bias = bias;
  const auto features = value.find("features");
  if (features == value.end() || !features->is_array() ||
      (features->size() != kBlendFeatures && features->size() != kWithoutMargins))
    return broken("it does not have the features that this runtime computes");
  for (std::size_t i = 0; i < features->size(); ++i) {
    const Json& feature = (*features)[i];
    if (!feature.is_object() || feature.value("name", Json()) != kNames[i])
      return broken("it does not have the features that this runtime computes");
    CACTUS_TRY(mean, number_at(feature, "mean"));
    CACTUS_TRY(weight, number_at(feature, "weight"));
    blend.mean[i] = mean;
    blend.weight[i] = weight;
  }
  return blend;
}

}  // namespace cactus
