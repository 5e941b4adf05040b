#include "engine/layers/rope.h"

#include <algorithm>
#include <cmath>

namespace cactus {

namespace {

// What the frequency f is divided by.
double stretch(double f, const RopeScaling& s) {
  if (!s.by_wavelength) return s.factor;
  constexpr double kTurn = 6.283185307179586;
  const double turns = s.original_context * f / kTurn;  // within the original context
  if (turns < s.low_frequency) return s.factor;
  if (turns > s.high_frequency) return 1;
  const double smooth = (turns - s.low_frequency) / (s.high_frequency - s.low_frequency);
  return 1 / ((1 - smooth) / s.factor + smooth);
}

}  // namespace

std::vector<float> rope_frequencies(std::int64_t dim, const RopeScaling& scaling) {
  std::vector<float> f = rope_frequencies(dim, scaling.theta);
  if (scaling.factor == 1) return f;
  for (float& x : f) x = static_cast<float>(x / stretch(x, scaling));
  return f;
}

std::vector<float> rope_frequencies(std::int64_t dim, double theta) {
  return rope_frequencies_proportional(dim, theta, 1);
}

std::vector<float> rope_frequencies_proportional(std::int64_t dim, double theta, double factor) {
  std::vector<float> f(static_cast<std::size_t>(dim / 2), 0.0f);
  const auto turning = static_cast<std::size_t>(factor * static_cast<double>(dim) / 2);
  for (std::size_t j = 0; j < std::min(turning, f.size()); ++j) {
    f[j] =
        static_cast<float>(std::pow(theta, -2 * static_cast<double>(j) / static_cast<double>(dim)));
  }
  return f;
}

}  // namespace cactus
