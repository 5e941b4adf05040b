// When an answer goes to the cloud. Pure: numbers and settings in, a decision and its reason out.
// Formulas: docs/hand-off.md.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cactus {

// The one sentence, everywhere the same: hand off when the confidence, which is 1 - p_wrong, is
// below the threshold.
constexpr bool below_threshold(double confidence, double threshold) {
  return confidence < threshold;
}

enum class HandoffMode {
  off,        // --local, --handoff off: nothing leaves
  automatic,  // the rule above decides
  ask,        // the rule above, and then the user
  always,     // --cloud: the cloud first, the local model when it fails
};

struct Policy {
  static constexpr double kThreshold = 0.70;  // when neither the user nor the probe says another

  HandoffMode mode = HandoffMode::automatic;
  double threshold = kThreshold;
  bool logprob = false;  // log-probabilities may decide, too
  bool early = true;     // hopeless answers are given up before their end
};

struct Decision {
  bool hand_off = false;
  std::string reason;  // "0.31 < 0.70"
  // For records: "confident", "below_threshold", "unmeasured", "logprob_only", "declined", "off",
  // "forced".
  std::string_view code;
};

// What becomes of a whole local answer. `confidence` unset: nothing measured it. `source` as
// Reply::confidence_source.
Decision decide(const Policy& policy, std::optional<double> confidence, std::string_view source);

// What becomes of an answer that says "not mine".
Decision decide_declined(const Policy& policy);

// "0.31 < 0.70" or "0.86 ≥ 0.70", with as many digits (two to six) as tell the numbers apart.
std::string compare_text(double confidence, double threshold);

// Whether an answer in progress is hopeless: from the 16th token on, its running confidence was
// below half of the threshold eight times in a row.
class EarlyDecision {
 public:
  static constexpr int kFirst = 16, kInARow = 8;
  static constexpr double kShare = 0.5;  // of the threshold

  explicit EarlyDecision(double threshold) : limit_(threshold * kShare) {}
  // The running confidence after one more token; true: hopeless (and ever after).
  bool add(double confidence);

 private:
  double limit_;
  int tokens_ = 0, low_ = 0;
  bool hopeless_ = false;
};

}  // namespace cactus
