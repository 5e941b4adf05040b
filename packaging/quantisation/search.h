// Quantising one group of weights with any codebook of 16 values: the slow, thorough search that
// the derivation and the measurements share. kernels/quantise.cpp is the fast one that ships.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace cactus::quantisation {

using Codebook = std::array<double, 16>;  // ascending

struct Choice {
  double scale = 0;
  double gain = -1;  // energy of the group that scale × value explains
  std::array<std::uint8_t, 32> code{};
};

inline int nearest(const Codebook& c, double v) {
  int k = 0;
  for (int i = 1; i < 16; ++i)
    k += v > 0.5 * (c[static_cast<std::size_t>(i) - 1] + c[static_cast<std::size_t>(i)]) ? 1 : 0;
  return k;
}

// Codes of w at `scale`, then the least-squares scale of those codes.
inline Choice evaluate(const Codebook& c, const float* w, int n, double scale) {
  Choice r;
  double wv = 0, vv = 0;
  for (int i = 0; i < n; ++i) {
    const int k = nearest(c, w[i] / scale);
    const double v = c[static_cast<std::size_t>(k)];
    r.code[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(k);
    wv += w[i] * v;
    vv += v * v;
  }
  r.scale = vv > 0 ? wv / vv : 0;
  r.gain = vv > 0 ? wv * wv / vv : 0;
  return r;
}

// The best of `steps` scales a sign, from the one that puts the largest weight on the end of the
// codebook down to the one that lets it overshoot by half, each refined by one more assignment.
inline Choice search(const Codebook& c, const float* w, int n, int steps, bool both_signs) {
  double top = 0;
  for (int i = 0; i < n; ++i)
    if (std::fabs(w[i]) > std::fabs(top)) top = w[i];
  Choice best;
  if (top == 0) return best;
  for (int sign = 0; sign < 2; ++sign) {
    const double end = sign ? c[0] : c[15];
    double base = top / end;
    if (!both_signs) {
      if (sign) break;
      base = std::fabs(top) / (top < 0 ? -c[0] : c[15]);
    }
    for (int k = 0; k < steps; ++k) {
      const double f = 1.12 - 0.55 * k / std::max(1, steps - 1);
      Choice one = evaluate(c, w, n, base * f);
      if (one.scale != 0) {
        Choice two = evaluate(c, w, n, one.scale);
        if (two.gain > one.gain) one = two;
      }
      if (one.gain > best.gain) best = one;
    }
  }
  return best;
}

inline std::vector<float> gaussian(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> w(n);
  for (float& x : w) x = normal(engine);
  return w;
}

}  // namespace cactus::quantisation
