// Operations on rows of floats. Tails of fewer than four elements go through a vector on the stack.
#include "kernels/neon/fill.h"
#include "kernels/neon/math.h"
#include "kernels/neon/tails.h"

namespace cactus::kernels::neon {
namespace {

using arm::load_some;
using arm::store_some;

// y[i] = f(x[i], w[i]) for n elements; y may be x or w.
template <class F>
CACTUS_INLINE void map(float* y, const float* x, const float* w, std::int64_t n, F f) {
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(y + i, f(vld1q_f32(x + i), vld1q_f32(w + i)));
  if (i < n) store_some(y + i, f(load_some(x + i, n - i), load_some(w + i, n - i)), n - i);
}

// ---- quantisers

constexpr float kTiny = 1e-30F;

struct Scale {
  float forward;  // 127 / amax, or 0
  float back;     // amax / 127, or 0
};

CACTUS_INLINE Scale scale_for(float amax) {
  if (!(amax >= kTiny)) return {0.0F, 0.0F};
  return {127.0F / amax, amax / 127.0F};
}

// Eight floats to int16, to nearest even; NaN becomes 0, infinities saturate.
CACTUS_INLINE int16x8_t round8(float32x4_t a, float32x4_t b, float inverse) {
  return vqmovn_high_s32(vqmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(a, inverse))),
                         vcvtnq_s32_f32(vmulq_n_f32(b, inverse)));
}

CACTUS_INLINE int8x16_t round16(const float* x, float inverse) {
  const int16x8_t a = round8(vld1q_f32(x), vld1q_f32(x + 4), inverse);
  const int16x8_t b = round8(vld1q_f32(x + 8), vld1q_f32(x + 12), inverse);
  return vmaxq_s8(vqmovn_high_s16(vqmovn_s16(a), b), vdupq_n_s8(-127));
}

// max |x| of 16 elements and m; NaN is ignored.
CACTUS_INLINE float32x4_t amax16(const float* x, float32x4_t m) {
  const float32x4_t a = vmaxnmq_f32(vabsq_f32(vld1q_f32(x)), vabsq_f32(vld1q_f32(x + 4)));
  const float32x4_t b = vmaxnmq_f32(vabsq_f32(vld1q_f32(x + 8)), vabsq_f32(vld1q_f32(x + 12)));
  return vmaxnmq_f32(m, vmaxnmq_f32(a, b));
}

void quantize_groups(const float* x, std::int64_t groups, std::int8_t* q, float* scale,
                     std::int32_t* bias) {
  for (std::int64_t g = 0; g < groups; ++g, x += kGroup, q += kGroup) {
    const float32x4_t zero = vdupq_n_f32(0);
    const Scale s = scale_for(vmaxnmvq_f32(amax16(x + 16, amax16(x, zero))));
    const int8x16_t a = round16(x, s.forward);
    const int8x16_t b = round16(x + 16, s.forward);
    vst1q_s8(q, a);
    vst1q_s8(q + 16, b);
    scale[g] = s.back;
    bias[g] = -128 * vaddvq_s16(vaddq_s16(vpaddlq_s8(a), vpaddlq_s8(b)));
  }
}

float quantize_head(const float* x, std::int64_t n, std::int8_t* q, std::int32_t* sum) {
  float tail[16] = {};
  const std::int64_t whole = n / 16 * 16;
  for (std::int64_t i = whole; i < n; ++i) tail[i - whole] = x[i];
  float32x4_t m = amax16(tail, vdupq_n_f32(0));
  for (std::int64_t i = 0; i < whole; i += 16) m = amax16(x + i, m);
  const Scale s = scale_for(vmaxnmvq_f32(m));
  int32x4_t total = vdupq_n_s32(0);
  for (std::int64_t i = 0; i < whole; i += 16) {
    const int8x16_t v = round16(x + i, s.forward);
    vst1q_s8(q + i, v);
    total = vpadalq_s16(total, vpaddlq_s8(v));
  }
  const int8x16_t v = round16(tail, s.forward);
  total = vpadalq_s16(total, vpaddlq_s8(v));
  std::int8_t last[16];
  vst1q_s8(last, v);
  for (std::int64_t i = whole; i < n; ++i) q[i] = last[i - whole];
  *sum = vaddvq_s32(total);
  return s.back;
}

void f32_to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1_u16(y + i, vreinterpret_u16_f16(vcvt_f16_f32(vld1q_f32(x + i))));
  if (i == n) return;
  std::uint16_t last[4];
  vst1_u16(last, vreinterpret_u16_f16(vcvt_f16_f32(load_some(x + i, n - i))));
  for (std::int64_t j = 0; j < n - i; ++j) y[i + j] = last[j];
}

// ---- norms

float sum_squares(const float* x, std::int64_t n) {
  float32x4_t sum[4];
  CACTUS_UNROLL
  for (int l = 0; l < 4; ++l) sum[l] = vdupq_n_f32(0);
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    CACTUS_UNROLL
    for (int l = 0; l < 4; ++l) {
      const float32x4_t v = vld1q_f32(x + i + 4 * l);
      sum[l] = vfmaq_f32(sum[l], v, v);
    }
  }
  for (; i + 4 <= n; i += 4) sum[0] = vfmaq_f32(sum[0], vld1q_f32(x + i), vld1q_f32(x + i));
  const float32x4_t last = load_some(x + i, n - i);
  sum[1] = vfmaq_f32(sum[1], last, last);
  return vaddvq_f32(vaddq_f32(vaddq_f32(sum[0], sum[2]), vaddq_f32(sum[1], sum[3])));
}

void scale_mul(const float* x, float s, const float* w, std::int64_t n, float* y) {
  if (w == nullptr) {
    map(y, x, x, n, [s](float32x4_t v, float32x4_t) { return vmulq_n_f32(v, s); });
  } else {
    map(y, x, w, n, [s](float32x4_t v, float32x4_t u) { return vmulq_f32(vmulq_n_f32(v, s), u); });
  }
}

void add_scale_mul(float* x, const float* a, float s, const float* w, float scale, std::int64_t n) {
  const auto step = [s, scale](float32x4_t v, float32x4_t d, float32x4_t u) {
    return vmulq_n_f32(vaddq_f32(v, vmulq_f32(vmulq_n_f32(d, s), u)), scale);
  };
  const float32x4_t one = vdupq_n_f32(1.0F);
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    vst1q_f32(x + i,
              step(vld1q_f32(x + i), vld1q_f32(a + i), w != nullptr ? vld1q_f32(w + i) : one));
  const std::int64_t rest = n - i;
  store_some(x + i,
             step(load_some(x + i, rest), load_some(a + i, rest),
                  w != nullptr ? load_some(w + i, rest) : one),
             rest);
}

// ---- activations

void gelu_mul(float* x, const float* y, std::int64_t n) {
  // 1 + tanh(u) = 2 / (1 + e⁻²ᵘ) with u = √(2/π) · (x + 0.044715x³).
  map(x, x, y, n, [](float32x4_t v, float32x4_t w) {
    const float32x4_t cube = vmulq_f32(vmulq_f32(v, v), v);
    const float32x4_t u = vfmaq_n_f32(v, cube, 0.044715F);
    return vmulq_f32(arm::times_sigmoid(v, vmulq_n_f32(u, 1.5957691216057308F)), w);
  });
}

void silu_mul(float* x, const float* y, std::int64_t n) {
  map(x, x, y, n,
      [](float32x4_t v, float32x4_t w) { return vmulq_f32(arm::times_sigmoid(v, v), w); });
}

void soft_cap(float* x, std::int64_t n, float cap) {
  const float inverse = 1.0F / cap;
  map(x, x, x, n, [cap, inverse](float32x4_t v, float32x4_t) {
    return vmulq_n_f32(arm::tanh(vmulq_n_f32(v, inverse)), cap);
  });
}

void rope(float* x, std::int64_t half, const float* cos, const float* sin) {
  const auto rotate = [](float32x4_t& a, float32x4_t& b, float32x4_t c, float32x4_t s) {
    const float32x4_t first = vfmsq_f32(vmulq_f32(a, c), b, s);
    b = vfmaq_f32(vmulq_f32(b, c), a, s);
    a = first;
  };
  std::int64_t j = 0;
  for (; j + 4 <= half; j += 4) {
    float32x4_t a = vld1q_f32(x + j);
    float32x4_t b = vld1q_f32(x + half + j);
    rotate(a, b, vld1q_f32(cos + j), vld1q_f32(sin + j));
    vst1q_f32(x + j, a);
    vst1q_f32(x + half + j, b);
  }
  const std::int64_t rest = half - j;
  float32x4_t a = load_some(x + j, rest);
  float32x4_t b = load_some(x + half + j, rest);
  rotate(a, b, load_some(cos + j, rest), load_some(sin + j, rest));
  store_some(x + j, a, rest);
  store_some(x + half + j, b, rest);
}

// ---- reductions

float max_of(const float* x, std::int64_t n) {
  const float32x4_t none = vdupq_n_f32(-__builtin_inff());
  float32x4_t best[4];
  CACTUS_UNROLL
  for (int l = 0; l < 4; ++l) best[l] = none;
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    CACTUS_UNROLL
    for (int l = 0; l < 4; ++l) best[l] = vmaxnmq_f32(best[l], vld1q_f32(x + i + 4 * l));
  }
  for (; i < n; ++i) best[0] = vmaxnmq_f32(best[0], vdupq_n_f32(x[i]));
  return vmaxnmvq_f32(vmaxnmq_f32(vmaxnmq_f32(best[0], best[1]), vmaxnmq_f32(best[2], best[3])));
}

std::int64_t argmax(const float* x, std::int64_t n) {
  constexpr std::int64_t kBlock = 512;
  float best = -__builtin_inff();
  std::int64_t block = -1;
  for (std::int64_t i = 0; i < n; i += kBlock) {
    const float m = max_of(x + i, n - i < kBlock ? n - i : kBlock);
    if (m > best) {
      best = m;
      block = i;
    }
  }
  if (block < 0) return 0;
  while (!(x[block] == best)) ++block;
  return block;
}

double sum_exp(const float* x, std::int64_t n, float shift) {
  float64x2_t sum = vdupq_n_f64(0);
  const float32x4_t by = vdupq_n_f32(shift);
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const float32x4_t e = arm::exp(vsubq_f32(vld1q_f32(x + i), by));
    sum = vaddq_f64(sum, vaddq_f64(vcvt_f64_f32(vget_low_f32(e)), vcvt_high_f64_f32(e)));
  }
  double total = vaddvq_f64(sum);
  float last[4];
  vst1q_f32(last, arm::exp(vsubq_f32(load_some(x + i, n - i), by)));
  for (std::int64_t j = 0; j < n - i; ++j) total += static_cast<double>(last[j]);
  return total;
}

}  // namespace

void fill_rows(Table& t) {
  t.quantize_groups = quantize_groups;
  t.quantize_head = quantize_head;
  t.f32_to_f16 = f32_to_f16;
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

}  // namespace cactus::kernels::neon
