// The specification of the quantisers and of the operations on rows of floats.
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/pack.h"
#include "kernels/scalar/scalar.h"

namespace cactus::kernels::scalar {
namespace {

// Below this a group is zeros: 127/amax must stay finite.
constexpr float kTiny = 1e-30F;

float amax_of(const float* x, std::int64_t n) {
  float amax = 0;
  for (std::int64_t i = 0; i < n; ++i) amax = std::max(amax, std::fabs(x[i]));
  return amax;
}

// Quantises n values and returns Σ q. NaN and infinities (broken weights) give some int8, no trap.
std::int32_t quantize(const float* x, std::int64_t n, float inverse, std::int8_t* q) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const float v = std::nearbyint(x[i] * inverse);
    const auto c = static_cast<std::int32_t>(v >= -127 ? (v <= 127 ? v : 127.0F) : -127.0F);
    q[i] = static_cast<std::int8_t>(c);
    sum += c;
  }
  return sum;
}

void quantize_groups(const float* x, std::int64_t groups, std::int8_t* q, float* scale,
                     std::int32_t* bias) {
  for (std::int64_t g = 0; g < groups; ++g) {
    const float amax = amax_of(x + g * kGroup, kGroup);
    const bool zero = !(amax >= kTiny);
    scale[g] = zero ? 0.0F : amax / 127.0F;
    const std::int32_t sum =
        quantize(x + g * kGroup, kGroup, zero ? 0.0F : 127.0F / amax, q + g * kGroup);
    bias[g] = -128 * sum;
  }
}

float quantize_head(const float* x, std::int64_t n, std::int8_t* q, std::int32_t* sum) {
  const float amax = amax_of(x, n);
  const bool zero = !(amax >= kTiny);
  *sum = quantize(x, n, zero ? 0.0F : 127.0F / amax, q);
  return zero ? 0.0F : amax / 127.0F;
}

void to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = f32_to_f16(x[i]);
}

float sum_squares(const float* x, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return static_cast<float>(sum);
}

void scale_mul(const float* x, float s, const float* w, std::int64_t n, float* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] * s * (w != nullptr ? w[i] : 1.0F);
}

void add_scale_mul(float* x, const float* a, float s, const float* w, float scale, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i)
    x[i] = (x[i] + a[i] * s * (w != nullptr ? w[i] : 1.0F)) * scale;
}

// 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))), Hendrycks and Gimpel, arXiv:1606.08415.
float gelu_tanh(float x) {
  const float u = 0.79788456080286535588F * (x + 0.044715F * x * x * x);
  return 0.5F * x * (1.0F + std::tanh(u));
}

void gelu_mul(float* x, const float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = gelu_tanh(x[i]) * y[i];
}

void silu_mul(float* x, const float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = x[i] / (1.0F + std::exp(-x[i])) * y[i];
}

void soft_cap(float* x, std::int64_t n, float cap) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

void rope(float* x, std::int64_t half, const float* cos, const float* sin) {
  for (std::int64_t j = 0; j < half; ++j) {
    const float a = x[j];
    const float b = x[half + j];
    x[j] = a * cos[j] - b * sin[j];
    x[half + j] = b * cos[j] + a * sin[j];
  }
}

float max_of(const float* x, std::int64_t n) {
  float best = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < n; ++i)
    if (x[i] > best) best = x[i];
  return best;
}

std::int64_t argmax(const float* x, std::int64_t n) {
  float best = -std::numeric_limits<float>::infinity();
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (x[i] > best) {
      best = x[i];
      at = i;
    }
  }
  return at;
}

double sum_exp(const float* x, std::int64_t n, float shift) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x[i] - shift));
  return sum;
}

}  // namespace

void fill_rows(Table& t) {
  t.quantize_groups = quantize_groups;
  t.quantize_head = quantize_head;
  t.f32_to_f16 = to_f16;
  t.sum_squares = sum_squares;
  t.scale_mul = scale_mul;
  t.add_scale_mul = add_scale_mul;
  t.gelu_mul = gelu_mul;
  t.silu_mul = silu_mul;
  t.soft_cap = soft_cap;
  t.rope = rope;
  t.max = max_of;
  t.argmax = argmax;
  t.sum_exp = sum_exp;
}

}  // namespace cactus::kernels::scalar
