#include "engine/probe/token_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace cactus {
namespace {

constexpr std::int64_t kBlock = 4096;  // logits summed by one thread at a time
constexpr std::int64_t kRun = 256;     // of those, summed in float
constexpr double kLowQuantile = 0.1;

using Four = float __attribute__((vector_size(16)));
using FourInts = std::int32_t __attribute__((vector_size(16)));

// e^x for x ≤ 0, relative error below 3e-7; 0 where e^x is below 2^-126. Four at a time and written
// out: it is called for every entry of a vocabulary.
Four exp_of(Four x) {
  constexpr float kLeast = -87.3f;
  const FourInts in_range = x > kLeast;
  x = in_range ? x : Four{} + kLeast;
  const Four shifter = Four{} + 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  const Four turns = (x * 1.44269504f + shifter) - shifter;
  const Four r = (x - turns * 0.693359375f) + turns * 2.12194440e-4f;
  Four y = Four{} + 1.9875691500e-4f;
  for (const float c :
       {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
    y = y * r + c;
  y = y * r * r + r + 1.0f;
  const FourInts power = (__builtin_convertvector(turns, FourInts) + 127) << 23;
  Four scale;
  std::memcpy(&scale, &power, sizeof scale);
  return in_range ? y * scale : Four{};
}

struct Sums {
  double weight = 0, weighted = 0;  // Σ e^x, Σ x e^x
};

// Of x - greatest over n numbers.
Sums sum_block(const float* x, std::int64_t n, float greatest) {
  Sums sums;
  for (std::int64_t at = 0; at < n; at += kRun) {
    const std::int64_t end = std::min(at + kRun, n);
    Four weight{}, weighted{};
    const auto add = [&](Four v) {
      v -= greatest;
      const Four w = exp_of(v);
      weight += w;
      weighted += w > 0.0f ? w * v : Four{};  // -inf · 0 is no number
    };
    std::int64_t i = at;
    Four v;
    for (; i + 4 <= end; i += 4) {
      std::memcpy(&v, x + i, sizeof v);
      add(v);
    }
    if (i < end) {
      v = Four{} - INFINITY;
      std::memcpy(&v, x + i, sizeof(float) * static_cast<std::size_t>(end - i));
      add(v);
    }
    for (int lane = 0; lane < 4; ++lane) {
      sums.weight += static_cast<double>(weight[lane]);
      sums.weighted += static_cast<double>(weighted[lane]);
    }
  }
  return sums;
}

double entropy_of(const Sums& sums) {
  return std::max(0.0, std::log(sums.weight) - sums.weighted / sums.weight);
}

template <class Fn>
void for_each_allowed(std::span<const float> logits, std::span<const std::uint64_t> allowed,
                      const Fn& fn) {
  for (std::size_t word = 0; word < allowed.size(); ++word)
    for (std::uint64_t bits = allowed[word]; bits != 0; bits &= bits - 1) {
      const std::size_t id = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (id < logits.size()) fn(logits[id]);
    }
}

}  // namespace

TokenMeasures measure_token(kernels::Exec& exec, std::span<const float> logits, std::int32_t id,
                            std::span<const std::uint64_t> allowed) {
  const auto n = static_cast<std::int64_t>(logits.size());
  const float greatest = kernels::max_of(exec, logits.data(), n);
  // Blocks are added in their order, so that the sum does not depend on the threads.
  std::vector<Sums> blocks(static_cast<std::size_t>((n + kBlock - 1) / kBlock));
  exec.pool.run(n, kBlock, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t at = begin; at < end; at += kBlock)
      blocks[static_cast<std::size_t>(at / kBlock)] =
          sum_block(logits.data() + at, std::min(kBlock, end - at), greatest);
  });
  Sums all;
  for (const Sums& block : blocks) {
    all.weight += block.weight;
    all.weighted += block.weighted;
  }
  TokenMeasures token;
  const float picked = logits[static_cast<std::size_t>(id)];
  token.logprob = static_cast<double>(picked - greatest) - std::log(all.weight);
  token.entropy = entropy_of(all);
  token.choice_logprob = token.logprob;
  token.choice_entropy = token.entropy;
  if (allowed.empty()) return token;
  // From the greatest among them on: what is allowed may lie far below what is not.
  float best = picked;
  for_each_allowed(logits, allowed, [&](float x) { best = std::max(best, x); });
  Sums some;
  for_each_allowed(logits, allowed, [&](float x) {
    const double shifted = static_cast<double>(x - best), weight = std::exp(shifted);
    some.weight += weight;
    if (weight > 0) some.weighted += weight * shifted;
  });
  if (!(some.weight > 0)) return token;
  token.choice_logprob = std::min(0.0, static_cast<double>(picked - best) - std::log(some.weight));
  token.choice_entropy = entropy_of(some);
  return token;
}

void RunningStatistics::add(const TokenMeasures& token) {
  TokenStatistics& s = so_far_;
  if (s.tokens == 0) {
    s.min_logprob = token.logprob;
    s.first_choice_logprob = token.choice_logprob;
  }
  ++s.tokens;
  s.mean_logprob += token.logprob;
  s.min_logprob = std::min(s.min_logprob, token.logprob);
  s.mean_entropy += token.entropy;
  s.max_entropy = std::max(s.max_entropy, token.entropy);
  s.choice_logprob += token.choice_logprob;
  s.choice_entropy += token.choice_entropy;
  logprobs_.push_back(token.logprob);
}

TokenStatistics RunningStatistics::running() const {
  TokenStatistics s = so_far_;
  const auto n = static_cast<double>(std::max<std::int64_t>(s.tokens, 1));
  s.mean_logprob /= n;
  s.mean_entropy /= n;
  return s;
}

TokenStatistics RunningStatistics::all() const {
  TokenStatistics s = running();
  if (logprobs_.empty()) return s;
  std::vector<double> sorted = logprobs_;
  std::sort(sorted.begin(), sorted.end());
  s.low_logprob =
      sorted[static_cast<std::size_t>(kLowQuantile * (static_cast<double>(s.tokens) - 1))];
  return s;
}

}  // namespace cactus
