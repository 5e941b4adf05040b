// What a model says of its own tokens, before any sampling rule: baselines for a probe, part of
// what a blended probe reads, and the confidence of last resort. Natural logarithms.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/ops.h"

namespace cactus {

struct TokenMeasures {
  double logprob = 0, entropy = 0;  // log softmax(logits)[id], and -Σ p log p, in nats
  // The same among the tokens that could come: where a constraint left no choice both are 0,
  // without a constraint they are those above.
  double choice_logprob = 0, choice_entropy = 0;
};
// Two passes over the logits, on the pool's threads; the result does not depend on how many.
// `allowed`: a bit for each id that may come, as TokenConstraint::allowed() gives them; empty: all.
TokenMeasures measure_token(kernels::Exec& exec, std::span<const float> logits, std::int32_t id,
                            std::span<const std::uint64_t> allowed = {});

struct TokenStatistics {
  std::int64_t tokens = 0;
  double mean_logprob = 0;
  // the tenth of the tokens that are least likely begins here (quantile 0.1)
  double low_logprob = 0;
  double min_logprob = 0;
  double mean_entropy = 0, max_entropy = 0;  // of the distributions the tokens came from
  // Among what could come: sums over the tokens, and the first token's.
  double choice_logprob = 0, choice_entropy = 0, first_choice_logprob = 0;
  // Where a call was weighed against declining: by how many nats its odds were above (the call was
  // written) or below (declined) what they had to be.
  std::optional<double> margin;
};

// The same as an answer grows.
class RunningStatistics {
 public:
  void add(const TokenMeasures& token);
  void set_margin(double margin) { so_far_.margin = margin; }
  // Of the tokens so far, in constant time: low_logprob is left at 0.
  TokenStatistics running() const;
  TokenStatistics all() const;  // with low_logprob; sorts

 private:
  TokenStatistics so_far_;  // means are sums here
  std::vector<double> logprobs_;
};

}  // namespace cactus
