// Compiled without contraction to fused multiply-adds (CMakeLists.txt), so that the same weights
// give the same bytes on every platform.
#include "kernels/quantise.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/pack.h"

namespace cactus::kernels {

// packaging/quantisation/derive_codebook.cpp prints these.
const std::int8_t kCodebook[16] = {-123, -97, -77, -60, -46, -33, -21, -9,
                                   3,    15,  27,  40,  54,  70,  90,  118};

namespace {

// Four lanes: what every CPU of ours has; GCC and Clang turn it into SSE2 or NEON.
typedef float F4 __attribute__((vector_size(16)));
typedef std::int32_t I4 __attribute__((vector_size(16)));
constexpr int kLanes = 4;
constexpr int kVectors = static_cast<int>(kGroup) / kLanes;

// Below this the group's largest weight has no reciprocal or no bf16 scale of full precision.
constexpr float kTiny = 1e-34F;

F4 splat(float x) {
  return F4{x, x, x, x};
}
float sum(F4 v) {
  return (v[0] + v[1]) + (v[2] + v[3]);
}

struct Fit {
  float gain;   // the group's energy that scale × values explains: (Σwv)² / Σv²
  float scale;  // Σwv / Σv²
};

// Values of the codebook nearest to w × inverse, summed up against w. The value of a code is the
// lowest one plus the steps of all thresholds that x exceeds: compare, mask and add, no lookup.
// The thresholds are halves of integers and the steps integers: exact in float.
Fit fit(const F4* w, float inverse) {
  const F4 inv = splat(inverse);
  F4 wv = {}, vv = {};
  for (int half = 0; half < kVectors; half += 4) {
    F4 x[4], v[4];
    for (int i = 0; i < 4; ++i) {
      x[i] = w[half + i] * inv;
      v[i] = splat(kCodebook[0]);
    }
    for (int k = 1; k < 16; ++k) {
      const F4 threshold = splat(0.5F * static_cast<float>(kCodebook[k - 1] + kCodebook[k]));
      const I4 step = std::bit_cast<I4>(splat(static_cast<float>(kCodebook[k] - kCodebook[k - 1])));
      for (int i = 0; i < 4; ++i) v[i] += std::bit_cast<F4>((x[i] > threshold) & step);
    }
    for (int i = 0; i < 4; ++i) {
      wv += w[half + i] * v[i];
      vv += v[i] * v[i];
    }
  }
  const float a = sum(wv), b = sum(vv);  // b ≥ 32 · 3²: no value of the codebook is 0
  return {a * a / b, a / b};
}

void assign(const F4* w, float inverse, std::uint8_t* code) {
  for (int i = 0; i < kVectors; ++i) {
    const F4 x = w[i] * splat(inverse);
    I4 c = {};
    for (int k = 1; k < 16; ++k) {
      c -= x > splat(0.5F * static_cast<float>(kCodebook[k - 1] + kCodebook[k]));
    }
    for (int j = 0; j < kLanes; ++j) code[i * kLanes + j] = static_cast<std::uint8_t>(c[j]);
  }
}

// The weight of largest magnitude, with its sign.
float extreme(const float* x) {
  float low = x[0], high = x[0];
  for (int i = 1; i < static_cast<int>(kGroup); ++i) {
    low = std::min(low, x[i]);
    high = std::max(high, x[i]);
  }
  return -low > high ? low : high;
}

}  // namespace

std::uint16_t quantise_q4(const float* x, std::uint8_t* code) {
  const float top = extreme(x);
  if (!(std::fabs(top) >= kTiny)) {
    std::memset(code, 0, kGroup);
    return 0;
  }
  F4 w[kVectors];  // relative to the extreme, so that it is 1 and nothing over- or underflows
  for (int i = 0; i < kVectors; ++i) {
    for (int j = 0; j < kLanes; ++j) w[i][j] = x[i * kLanes + j] / top;
  }
  // Where the extreme lands on the codebook: around its positive end with a positive scale, around
  // its negative end with a negative one. Beyond the end it is clipped and the rest is finer.
  static constexpr float kReach[] = {0.90F, 0.97F, 1.05F, 1.14F, 1.24F, 1.36F};
  Fit best = {-1, 0};
  for (const float reach : kReach) {
    for (const int end : {15, 0}) {
      const Fit f = fit(w, static_cast<float>(kCodebook[end]) * reach);
      if (f.gain > best.gain) best = f;
    }
  }
  // The least-squares scale moves the thresholds; follow it while that helps.
  for (int i = 0; i < 2; ++i) {
    const Fit f = fit(w, 1 / best.scale);
    if (!(f.gain > best.gain)) break;
    best = f;
  }
  const std::uint16_t bits = f32_to_bf16(best.scale * top);
  const float scale = bf16_to_f32(bits) / top;
  if (scale == 0) {
    std::memset(code, 0, kGroup);
    return 0;
  }
  assign(w, 1 / scale, code);
  return bits;
}

std::uint16_t quantise_q8(const float* x, std::int8_t* value) {
  const float top = std::fabs(extreme(x));
  const std::uint16_t bits = top >= kTiny ? f32_to_bf16(top / 127) : std::uint16_t{0};
  if (bits == 0) {
    std::memset(value, 0, kGroup);
    return 0;
  }
  const float inverse = 1 / bf16_to_f32(bits);
  // The scale may have been rounded down by 2⁻⁹: 127.25 at most, which rounds to 127.
  for (int i = 0; i < static_cast<int>(kGroup); ++i) {
    value[i] = static_cast<std::int8_t>(std::lrintf(x[i] * inverse));
  }
  return bits;
}

}  // namespace cactus::kernels
