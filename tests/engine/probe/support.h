// Heads and probes with known numbers, and the head's formula written down plainly.
#pragma once
#include <cmath>
#include <vector>

#include "engine/probe/probe.h"
#include "engine/sample/random.h"

namespace cactus::test {

inline std::vector<float> random_floats(std::size_t n, std::uint64_t seed, double scale = 1) {
  Random random(seed);
  std::vector<float> out(n);
  for (float& x : out) x = static_cast<float>((2 * random.uniform() - 1) * scale);
  return out;
}

inline std::vector<float> random_parameters(std::size_t hidden, std::uint64_t seed) {
  const HeadLayout at(hidden);
  std::vector<float> p = random_floats(at.total, seed, 0.3);
  for (std::size_t i = 0; i < hidden; ++i) p[at.norm_weight + i] += 1;
  return p;
}

// The logit by the formula of docs/probe.md, all tokens at once, in double.
inline double batch_logit(std::size_t d, const std::vector<float>& p,
                          const std::vector<std::vector<float>>& states) {
  const HeadLayout at(d);
  const auto value = [&](std::size_t i) { return static_cast<double>(p[i]); };
  std::vector<std::vector<double>> projected;
  std::vector<double> scores;
  for (const auto& x : states) {
    double mean = 0, var = 0;
    for (const float v : x) mean += static_cast<double>(v) / static_cast<double>(d);
    for (const float v : x)
      var += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) /
             static_cast<double>(d);
    std::vector<double> h(kProbeWidth);
    double score = 0;
    for (std::size_t i = 0; i < kProbeWidth; ++i) {
      h[i] = value(at.projection_bias + i);
      for (std::size_t j = 0; j < d; ++j) {
        const double z = (static_cast<double>(x[j]) - mean) / std::sqrt(var + 1e-5);
        h[i] += value(at.projection + i * d + j) *
                (z * value(at.norm_weight + j) + value(at.norm_bias + j));
      }
      h[i] = std::max(h[i], 0.0);
      score += value(at.query + i) * h[i] / std::sqrt(32.0);
    }
    projected.push_back(h);
    scores.push_back(score);
  }
  std::vector<double> pooled(kProbeWidth);
  double total = 0;
  for (std::size_t t = 0; t < scores.size(); ++t) {
    total += std::exp(scores[t]);
    for (std::size_t i = 0; i < kProbeWidth; ++i)
      pooled[i] += std::exp(scores[t]) * projected[t][i];
  }
  for (double& v : pooled) v /= total;
  const auto layer = [&](const std::vector<double>& in, std::size_t w, std::size_t b,
                         std::size_t out, bool relu) {
    std::vector<double> y(out);
    for (std::size_t i = 0; i < out; ++i) {
      y[i] = value(b + i);
      for (std::size_t j = 0; j < in.size(); ++j) y[i] += value(w + i * in.size() + j) * in[j];
      if (relu) y[i] = std::max(y[i], 0.0);
    }
    return y;
  };
  const auto first = layer(pooled, at.w1, at.b1, kProbeFirst, true);
  const auto second = layer(first, at.w2, at.b2, kProbeSecond, true);
  return layer(second, at.w3, at.b3, 1, false)[0];
}

inline ProbeCard example_card(std::int64_t hidden) {
  ProbeCard card;
  card.model = {"maker/model", "abc", "gemma4", hidden, 8, std::string(32, 'f')};
  card.layer = 6;
  card.calibration.kind = Calibration::Kind::platt;
  card.calibration.slope = 0.5;
  card.calibration.offset = -0.25;
  card.threshold = 0.7;
  card.training = {{"answers", 3}};
  return card;
}

inline Blend example_blend() {
  Blend blend;
  blend.head = 0.75;
  blend.bias = -0.1;
  blend.mean = {0.25, -1.5, -2.25, -1, -3, -2, -2, 3};
  blend.weight = {-0.5, 1.25, 1.0 / 3, 0.7, 0.1, 0.2, 0.4, -0.6};
  return blend;
}

}  // namespace cactus::test
