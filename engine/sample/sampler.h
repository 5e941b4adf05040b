// From logits to the next token.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/sample/random.h"
#include "engine/sample/token_constraint.h"
#include "kernels/ops.h"

namespace cactus {

struct SampleSettings {
  float temperature = 1;         // 0: greedy, whatever the others say
  int top_k = 0;                 // 0: off
  float top_p = 1;               // 1: off
  float min_p = 0;               // 0: off
  float repetition_penalty = 1;  // 1: off

  bool greedy() const { return temperature <= 0 || top_k == 1; }
};

struct Candidate {
  std::int32_t id = 0;
  float score = 0;  // logit after the penalty
};

// Order and meaning of each step as in Hugging Face generate() (logits_process.py):
//   repetition penalty  once for each distinct token of the history: s/r where s > 0, else s·r
//   temperature         s/T
//   top_k               keeps the k greatest (and what equals the k-th)
//   top_p               removes the least likely tokens while their sum is ≤ 1 - p
//   min_p               removes what is less likely than min_p times the likeliest
// Each step's probabilities are those of the tokens that the steps before it kept.
class Sampler {
 public:
  Sampler(const SampleSettings& settings, std::uint64_t seed);

  // The next token, or -1 when no logit is finite. logits [vocab]; `history`: ids of prompt and
  // reply so far; `constraint`, if any, narrows the choice before top_k and what follows it.
  // O(vocab), in parallel, with no sort of more than what is kept.
  std::int32_t pick(kernels::Exec& exec, std::span<const float> logits,
                    std::span<const std::int32_t> history, TokenConstraint* constraint = nullptr);

  // What pick() draws from: the kept tokens, likeliest first, and their probabilities. Valid until
  // the next call.
  struct Distribution {
    std::span<const Candidate> kept;
    std::span<const double> probability;
  };
  Distribution distribution(kernels::Exec& exec, std::span<const float> logits,
                            std::span<const std::int32_t> history);

 private:
  std::span<const float> penalise(std::span<const float> logits,
                                  std::span<const std::int32_t> history);
  std::span<const float> mask(std::span<const float> logits, TokenConstraint& constraint);
  bool filters() const { return settings_.top_k > 0 || settings_.top_p < 1 || settings_.min_p > 0; }
  void find_block_maxima(kernels::Exec& exec, std::span<const float> logits);
  double sum_blocks(kernels::Exec& exec, std::span<const float> logits);
  double weight(float score) const;  // exp((score - max) / T)
  void keep_best(std::span<const float> logits, std::int64_t count);
  void keep_above(std::span<const float> logits, float least);
  void keep_nucleus(kernels::Exec& exec, std::span<const float> logits);
  void filter(kernels::Exec& exec, std::span<const float> logits);
  std::int32_t draw_from_all(kernels::Exec& exec, std::span<const float> logits);
  std::int32_t draw_from_kept();

  SampleSettings settings_;
  Random random_;
  float max_ = 0;                  // the greatest logit
  std::vector<float> block_max_;   // of each block of kBlock logits
  std::vector<double> block_sum_;  // of each block's weights
  std::vector<float> scratch_;
  std::vector<Candidate> kept_;      // likeliest first
  std::vector<double> probability_;  // of kept_
  std::vector<bool> seen_;           // [vocab], for the penalty
  std::vector<float> penalised_;     // [vocab]
  std::vector<float> masked_;        // [vocab]
};

// log softmax(logits)[id]: what a model says of its own token, before any sampling rule.
float log_probability(kernels::Exec& exec, std::span<const float> logits, std::int32_t id);

}  // namespace cactus
