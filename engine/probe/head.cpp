#include "engine/probe/head.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace cactus {
namespace {

// Four floats at a time: every target of ours has such a register, and compilers spell it alike.
using Four = float __attribute__((vector_size(16)));
constexpr std::size_t kFours = kProbeWidth / 4;

Four load(const float* p) {
  Four v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

float relu_dot(const float* w, const float* x, std::size_t n, float bias) {
  float sum = bias;
  for (std::size_t i = 0; i < n; ++i) sum += w[i] * x[i];
  return std::max(sum, 0.0f);
}

}  // namespace

HeadLayout::HeadLayout(std::size_t d) : hidden(d) {
  std::size_t at = 0;
  const auto take = [&at](std::size_t n) {
    const std::size_t begin = at;
    at += n;
    return begin;
  };
  norm_weight = take(d);
  norm_bias = take(d);
  projection = take(kProbeWidth * d);
  projection_bias = take(kProbeWidth);
  query = take(kProbeWidth);
  w1 = take(kProbeFirst * kProbeWidth);
  b1 = take(kProbeFirst);
  w2 = take(kProbeSecond * kProbeFirst);
  b2 = take(kProbeSecond);
  w3 = take(kProbeSecond);
  b3 = take(1);
  total = at;
}

void add_projection(const float* x, const float* m, std::size_t n, float* y) {
  Four sum[kFours];
  for (std::size_t k = 0; k < kFours; ++k) sum[k] = load(y + 4 * k);
  for (std::size_t j = 0; j < n; ++j) {
    const float* row = m + j * kProbeWidth;
    for (std::size_t k = 0; k < kFours; ++k) sum[k] += x[j] * load(row + 4 * k);
  }
  for (std::size_t k = 0; k < kFours; ++k) std::memcpy(y + 4 * k, &sum[k], sizeof sum[k]);
}

bool normalise(const float* x, std::size_t n, float* out) {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double centred = static_cast<double>(x[i]) - mean;
    squares += centred * centred;
  }
  const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + kProbeNormEpsilon);
  if (!std::isfinite(scale) || !std::isfinite(mean)) return false;
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<float>((static_cast<double>(x[i]) - mean) * scale);
  return true;
}

Head::Head(std::size_t hidden, std::span<const float> parameters)
    : layout_(hidden), parameters_(parameters.begin(), parameters.end()) {
  const float* p = parameters_.data();
  folded_.resize(hidden * kProbeWidth);
  for (std::size_t i = 0; i < kProbeWidth; ++i) {
    const float* row = p + layout_.projection + i * hidden;
    double constant = static_cast<double>(p[layout_.projection_bias + i]);
    for (std::size_t j = 0; j < hidden; ++j) {
      folded_[j * kProbeWidth + i] = row[j] * p[layout_.norm_weight + j];
      constant += static_cast<double>(row[j]) * static_cast<double>(p[layout_.norm_bias + j]);
    }
    constant_[i] = static_cast<float>(constant);
  }
}

float Head::project(const float* normalised, float* state) const {
  std::copy(constant_.begin(), constant_.end(), state);
  add_projection(normalised, folded_.data(), layout_.hidden, state);
  float score = 0;
  for (std::size_t i = 0; i < kProbeWidth; ++i) {
    state[i] = std::max(state[i], 0.0f);
    score += parameters_[layout_.query + i] * state[i];
  }
  return score / std::sqrt(static_cast<float>(kProbeWidth));
}

double Head::logit(const float* pooled) const {
  const float* p = parameters_.data();
  float first[kProbeFirst], second[kProbeSecond];
  for (std::size_t i = 0; i < kProbeFirst; ++i)
    first[i] = relu_dot(p + layout_.w1 + i * kProbeWidth, pooled, kProbeWidth, p[layout_.b1 + i]);
  for (std::size_t i = 0; i < kProbeSecond; ++i)
    second[i] = relu_dot(p + layout_.w2 + i * kProbeFirst, first, kProbeFirst, p[layout_.b2 + i]);
  double logit = static_cast<double>(p[layout_.b3]);
  for (std::size_t i = 0; i < kProbeSecond; ++i)
    logit += static_cast<double>(p[layout_.w3 + i]) * static_cast<double>(second[i]);
  return logit;
}

RunningPool::RunningPool(const Head& head) : head_(head), normalised_(head.hidden()) {}

void RunningPool::add(std::span<const float> state) {
  ++tokens_;
  float projected[kProbeWidth];
  if (state.size() != head_.hidden() ||
      !normalise(state.data(), state.size(), normalised_.data())) {
    broken_ = true;
    return;
  }
  const double score = static_cast<double>(head_.project(normalised_.data(), projected));
  if (!std::isfinite(score)) {
    broken_ = true;
    return;
  }
  // What was summed so far is weighed again when a greater score comes.
  const double greatest = sum_ > 0 ? std::max(max_, score) : score;
  const double keep = sum_ > 0 ? std::exp(max_ - greatest) : 0;
  const double weight = std::exp(score - greatest);
  for (std::size_t i = 0; i < kProbeWidth; ++i)
    weighted_[i] = weighted_[i] * keep + weight * static_cast<double>(projected[i]);
  sum_ = sum_ * keep + weight;
  max_ = greatest;
}

double RunningPool::logit() const {
  if (tokens_ == 0 || broken_) return std::numeric_limits<double>::quiet_NaN();
  float pooled[kProbeWidth];
  for (std::size_t i = 0; i < kProbeWidth; ++i) pooled[i] = static_cast<float>(weighted_[i] / sum_);
  return head_.logit(pooled);
}

void RunningPool::clear() {
  weighted_.fill(0);
  sum_ = 0;
  tokens_ = 0;
  broken_ = false;
}

double sigmoid(double logit) {
  return logit >= 0 ? 1 / (1 + std::exp(-logit)) : std::exp(logit) / (1 + std::exp(logit));
}

}  // namespace cactus
