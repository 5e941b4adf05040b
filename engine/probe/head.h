// The head of a probe: LayerNorm → Linear d→32, ReLU → one learned query, softmax pool over tokens
// (scores / √32) → Linear 32→128, ReLU → 128→64, ReLU → 64→1. Its value is the logit of "the answer
// is wrong". For d = 1536 it has 64,833 parameters.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cactus {

inline constexpr std::size_t kProbeWidth = 32;     // of a projected state
inline constexpr std::size_t kProbeFirst = 128;    // of the first layer after the pool
inline constexpr std::size_t kProbeSecond = 64;    // of the second
inline constexpr double kProbeNormEpsilon = 1e-5;  // of the LayerNorm

// Where each tensor begins in the one array of parameters; matrices are [out, in], row-major.
struct HeadLayout {
  explicit HeadLayout(std::size_t hidden);
  std::size_t hidden;
  std::size_t norm_weight, norm_bias;       // [d]
  std::size_t projection, projection_bias;  // [32, d], [32]
  std::size_t query;                        // [32]
  std::size_t w1, b1, w2, b2, w3, b3;       // [128, 32], [128], [64, 128], [64], [64], [1]
  std::size_t total;
};

// y[0 … 31] += Σ_j x[j] · m[j][0 … 31]: the product every token costs. x [n], m [n, 32].
void add_projection(const float* x, const float* m, std::size_t n, float* y);

// x̂ = (x - mean) / √(var + ε), [n]. False when the result is not finite.
bool normalise(const float* x, std::size_t n, float* out);

// A head ready to be evaluated: the norm's weight and bias are folded into the projection.
// Immutable; any number of pools may share it.
class Head {
 public:
  // parameters [HeadLayout(hidden).total]
  Head(std::size_t hidden, std::span<const float> parameters);

  std::size_t hidden() const { return layout_.hidden; }
  std::span<const float> parameters() const { return parameters_; }
  const HeadLayout& layout() const { return layout_; }

  // The projected state [32] of x̂ [d], which normalise() made, and its score.
  float project(const float* normalised, float* state) const;
  // The logit of a pooled state [32].
  double logit(const float* pooled) const;

 private:
  HeadLayout layout_;
  std::vector<float> parameters_;
  std::vector<float> folded_;                // [d, 32]
  std::array<float, kProbeWidth> constant_;  // what the folded bias adds
};

// The softmax pool of an answer as it grows: a maximum, a sum and a weighted sum. No state is kept.
// The head outlives it.
class RunningPool {
 public:
  explicit RunningPool(const Head& head);

  void add(std::span<const float> state);  // hidden state of one token, [hidden]
  std::int64_t tokens() const { return tokens_; }
  // Logit of all tokens added; NaN when there was none or one was not finite.
  double logit() const;
  void clear();

 private:
  const Head& head_;
  std::vector<float> normalised_;
  std::array<double, kProbeWidth> weighted_{};
  double max_ = 0, sum_ = 0;
  std::int64_t tokens_ = 0;
  bool broken_ = false;
};

double sigmoid(double logit);

}  // namespace cactus
