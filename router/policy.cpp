#include "router/policy.h"

#include <cstdio>

namespace cactus {
namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

}  // namespace

std::string compare_text(double confidence, double threshold) {
  const bool below = below_threshold(confidence, threshold);
  int digits = 2;
  while (digits < 6 && confidence != threshold &&
         fixed(confidence, digits) == fixed(threshold, digits))
    ++digits;
  return fixed(confidence, digits) + (below ? " < " : " ≥ ") + fixed(threshold, digits);
}

Decision decide(const Policy& policy, std::optional<double> confidence, std::string_view source) {
  if (policy.mode == HandoffMode::off) return {false, "hand-off is off", "off"};
  if (policy.mode == HandoffMode::always) return {true, "asked for with --cloud", "forced"};
  if (!confidence) return {false, "nothing measures the confidence of this answer", "unmeasured"};
  std::string reason = compare_text(*confidence, policy.threshold);
  if (source == "logprob") {
    reason += " by log-probabilities";
    if (!policy.logprob)
      return {false, reason + ", which decide only with handoff.logprob", "logprob_only"};
  }
  const bool below = below_threshold(*confidence, policy.threshold);
  return {below, std::move(reason), below ? "below_threshold" : "confident"};
}

Decision decide_declined(const Policy& policy) {
  if (policy.mode == HandoffMode::off || policy.mode == HandoffMode::always)
    return decide(policy, {}, {});
  return {true, "the local model declined", "declined"};
}

bool EarlyDecision::add(double confidence) {
  ++tokens_;
  low_ = below_threshold(confidence, limit_) ? low_ + 1 : 0;
  hopeless_ = hopeless_ || (tokens_ >= kFirst && low_ >= kInARow);
  return hopeless_;
}

}  // namespace cactus
