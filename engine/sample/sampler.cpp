#include "engine/sample/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

namespace cactus {
namespace {

constexpr std::int64_t kBlock = 256;    // logits whose maximum and sum are known
constexpr std::int64_t kPiece = 16384;  // logits of one piece of parallel work
constexpr std::int64_t kNucleus = 64;   // tokens tried first as the nucleus

std::int64_t blocks_of(std::size_t n) {
  return (static_cast<std::int64_t>(n) + kBlock - 1) / kBlock;
}

std::span<const float> block_of(std::span<const float> logits, std::int64_t block) {
  const auto begin = static_cast<std::size_t>(block * kBlock);
  return logits.subspan(begin, std::min<std::size_t>(kBlock, logits.size() - begin));
}

// Calls fn(block) for every block, in parallel; results that depend on one block only are thus the
// same at any number of threads.
template <class Fn>
void for_blocks(kernels::Exec& exec, std::size_t n, Fn fn) {
  exec.pool.run(blocks_of(n), kPiece / kBlock, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t block = begin; block < end; ++block) fn(block);
  });
}

// Four running maxima, so that the compiler can keep them in one register. NaN never wins.
float greatest(std::span<const float> x) {
  float best[4];
  std::fill(best, best + 4, -std::numeric_limits<float>::infinity());
  std::size_t i = 0;
  for (; i + 4 <= x.size(); i += 4) {
    for (std::size_t j = 0; j < 4; ++j) best[j] = x[i + j] > best[j] ? x[i + j] : best[j];
  }
  for (; i < x.size(); ++i) best[0] = x[i] > best[0] ? x[i] : best[0];
  return *std::max_element(best, best + 4);
}

}  // namespace

Sampler::Sampler(const SampleSettings& settings, std::uint64_t seed)
    : settings_(settings), random_(seed) {}

std::span<const float> Sampler::penalise(std::span<const float> logits,
                                         std::span<const std::int32_t> history) {
  const float penalty = settings_.repetition_penalty;
  if (penalty == 1) return logits;
  penalised_.assign(logits.begin(), logits.end());
  seen_.assign(logits.size(), false);
  for (const std::int32_t id : history) {
    const auto i = static_cast<std::size_t>(id);
    if (i >= logits.size() || seen_[i]) continue;
    seen_[i] = true;
    penalised_[i] = logits[i] < 0 ? logits[i] * penalty : logits[i] / penalty;
  }
  return penalised_;
}

// Logits with -inf for every token that may not come.
std::span<const float> Sampler::mask(std::span<const float> logits, TokenConstraint& constraint) {
  const std::span<const std::uint64_t> allowed = constraint.allowed();
  masked_.assign(logits.size(), -std::numeric_limits<float>::infinity());
  for (std::size_t word = 0; word < allowed.size(); ++word) {
    for (std::uint64_t bits = allowed[word]; bits != 0; bits &= bits - 1) {
      const std::size_t id = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (id < logits.size()) masked_[id] = logits[id];
    }
  }
  return masked_;
}

void Sampler::find_block_maxima(kernels::Exec& exec, std::span<const float> logits) {
  block_max_.resize(static_cast<std::size_t>(blocks_of(logits.size())));
  for_blocks(exec, logits.size(), [&](std::int64_t block) {
    block_max_[static_cast<std::size_t>(block)] = greatest(block_of(logits, block));
  });
  max_ = greatest(block_max_);
}

double Sampler::weight(float score) const {
  const double w = std::exp(static_cast<double>(score - max_) / settings_.temperature);
  return w > 0 ? w : 0;  // NaN
}

double Sampler::sum_blocks(kernels::Exec& exec, std::span<const float> logits) {
  block_sum_.resize(block_max_.size());
  for_blocks(exec, logits.size(), [&](std::int64_t block) {
    double sum = 0;
    for (const float score : block_of(logits, block)) sum += weight(score);
    block_sum_[static_cast<std::size_t>(block)] = sum;
  });
  double total = 0;
  for (const double sum : block_sum_) total += sum;
  return total;
}

// All tokens of at least `least`, likeliest first (then by id).
void Sampler::keep_above(std::span<const float> logits, float least) {
  kept_.clear();
  for (std::size_t block = 0; block < block_max_.size(); ++block) {
    if (!(block_max_[block] >= least)) continue;
    const auto scores = block_of(logits, static_cast<std::int64_t>(block));
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (scores[i] >= least) {
        kept_.push_back({static_cast<std::int32_t>(block * kBlock + i), scores[i]});
      }
    }
  }
  std::sort(kept_.begin(), kept_.end(), [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.id < b.id;
  });
}

// The `count` greatest and what equals the last of them. The count-th greatest block maximum is a
// lower bound of the count-th greatest score, so only about `count` blocks are looked into.
void Sampler::keep_best(std::span<const float> logits, std::int64_t count) {
  const auto kth = static_cast<std::ptrdiff_t>(count - 1);
  float least = -std::numeric_limits<float>::infinity();
  if (count <= static_cast<std::int64_t>(block_max_.size())) {
    scratch_ = block_max_;
    std::nth_element(scratch_.begin(), scratch_.begin() + kth, scratch_.end(), std::greater<>());
    least = scratch_[static_cast<std::size_t>(kth)];
  }
  scratch_.clear();
  for (std::size_t block = 0; block < block_max_.size(); ++block) {
    if (!(block_max_[block] >= least)) continue;
    for (const float score : block_of(logits, static_cast<std::int64_t>(block))) {
      if (score >= least) scratch_.push_back(score);
    }
  }
  if (count < static_cast<std::int64_t>(scratch_.size())) {
    std::nth_element(scratch_.begin(), scratch_.begin() + kth, scratch_.end(), std::greater<>());
    least = std::max(least, scratch_[static_cast<std::size_t>(kth)]);
  }
  keep_above(logits, least);
}

// The likeliest tokens such that each is needed to reach top_p of the whole vocabulary's mass.
void Sampler::keep_nucleus(kernels::Exec& exec, std::span<const float> logits) {
  const double total = sum_blocks(exec, logits);
  const double removed = (1 - static_cast<double>(settings_.top_p)) * total;
  for (std::int64_t count = kNucleus;; count *= 8) {
    keep_best(logits, std::min(count, static_cast<std::int64_t>(logits.size())));
    double tail = total;  // of this token and all that are less likely
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      if (i > 0 && tail <= removed) {
        kept_.resize(i);
        return;
      }
      tail -= weight(kept_[i].score);
    }
    if (count >= static_cast<std::int64_t>(logits.size())) return;
  }
}

// Fills kept_ and probability_ by top_k, top_p and min_p.
void Sampler::filter(kernels::Exec& exec, std::span<const float> logits) {
  const auto vocab = static_cast<std::int64_t>(logits.size());
  const bool limited = settings_.top_k > 0 && settings_.top_k < vocab;
  const double p = settings_.top_p;
  if (limited) {
    keep_best(logits, settings_.top_k);
  } else if (p < 1) {
    keep_nucleus(exec, logits);
  } else if (settings_.min_p > 0) {
    keep_above(logits, max_ + settings_.temperature * std::log(settings_.min_p) - 1e-3f);
  } else {
    keep_best(logits, vocab);
  }
  probability_.clear();
  double total = 0;
  for (const Candidate& c : kept_) total += probability_.emplace_back(weight(c.score));
  while (probability_.size() > 1 && probability_.back() <= 0) probability_.pop_back();
  double tail = 0;  // of the last token kept and those before it were it removed
  while (limited && p < 1 && probability_.size() > 1 &&
         tail + probability_.back() <= (1 - p) * total) {
    tail += probability_.back();
    probability_.pop_back();
  }
  while (probability_.size() > 1 && probability_.back() < settings_.min_p * probability_.front()) {
    probability_.pop_back();
  }
  kept_.resize(probability_.size());
  total = 0;
  for (const double w : probability_) total += w;
  for (double& w : probability_) w /= total;
}

Sampler::Distribution Sampler::distribution(kernels::Exec& exec, std::span<const float> raw,
                                            std::span<const std::int32_t> history) {
  const std::span<const float> logits = penalise(raw, history);
  find_block_maxima(exec, logits);
  filter(exec, logits);
  return {kept_, probability_};
}

std::int32_t Sampler::draw_from_kept() {
  double left = random_.uniform();
  for (std::size_t i = 0; i + 1 < kept_.size(); ++i) {
    left -= probability_[i];
    if (left < 0) return kept_[i].id;
  }
  return kept_.back().id;
}

// Without filters nothing is sorted: the block that the draw falls into, then the token in it.
std::int32_t Sampler::draw_from_all(kernels::Exec& exec, std::span<const float> logits) {
  double left = random_.uniform() * sum_blocks(exec, logits);
  std::int64_t last = -1;  // the last token of any weight, for a draw lost to rounding
  for (std::size_t block = 0; block < block_sum_.size(); ++block) {
    if (left >= block_sum_[block] && block + 1 < block_sum_.size()) {
      left -= block_sum_[block];
      continue;
    }
    const auto scores = block_of(logits, static_cast<std::int64_t>(block));
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double w = weight(scores[i]);
      if (w <= 0) continue;
      last = static_cast<std::int64_t>(block * kBlock + i);
      left -= w;
      if (left < 0) return static_cast<std::int32_t>(last);
    }
    if (last >= 0) break;
  }
  return last >= 0 ? static_cast<std::int32_t>(last)
                   : static_cast<std::int32_t>(std::find(logits.begin(), logits.end(), max_) -
                                               logits.begin());
}

std::int32_t Sampler::pick(kernels::Exec& exec, std::span<const float> raw,
                           std::span<const std::int32_t> history, TokenConstraint* constraint) {
  std::span<const float> logits = penalise(raw, history);
  const bool narrowed = constraint != nullptr && !constraint->allows_all();
  if (narrowed && !settings_.greedy()) logits = mask(logits, *constraint);
  find_block_maxima(exec, logits);
  if (!std::isfinite(max_)) return -1;
  if (settings_.greedy()) {
    const auto likeliest = [&] {
      const auto best = std::find(logits.begin(), logits.end(), max_);
      return static_cast<std::int32_t>(best - logits.begin());
    };
    // Most of what a model writes is allowed: the others are looked for only when this one is not.
    if (!narrowed || constraint->allows(likeliest())) return likeliest();
    logits = mask(logits, *constraint);
    find_block_maxima(exec, logits);
    return std::isfinite(max_) ? likeliest() : -1;
  }
  if (!filters()) return draw_from_all(exec, logits);
  filter(exec, logits);
  return draw_from_kept();
}

float log_probability(kernels::Exec& exec, std::span<const float> logits, std::int32_t id) {
  const auto n = static_cast<std::int64_t>(logits.size());
  const float max = kernels::max_of(exec, logits.data(), n);
  const double sum = kernels::sum_exp(exec, logits.data(), n, max);
  return static_cast<float>(static_cast<double>(logits[static_cast<std::size_t>(id)] - max) -
                            std::log(sum));
}

}  // namespace cactus
