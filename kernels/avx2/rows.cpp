// Quantisers, rows of floats and reductions over logits, 8 floats at a time; tails by masks.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/math.h"

namespace cactus::kernels::avx2 {
namespace {

constexpr float kTiny = 1e-30F;  // below this a group is zeros: 127/amax must stay finite

// fn(offset) for each whole vector of n elements, then fn(offset, mask) for the rest.
template <class Whole, class Rest>
CACTUS_INLINE void for_vectors(std::int64_t n, Whole whole, Rest rest) {
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) whole(i);
  if (i < n) rest(i, first_lanes(n - i));
}

// x = fn(x, i, load) with load(p) = 8 floats of p at i.
template <class Fn>
CACTUS_INLINE void map(float* x, std::int64_t n, Fn fn) {
  for_vectors(
      n,
      [&](std::int64_t i) {
        const auto load = [i](const float* p) { return _mm256_loadu_ps(p + i); };
        _mm256_storeu_ps(x + i, fn(load));
      },
      [&](std::int64_t i, __m256i mask) {
        const auto load = [i, mask](const float* p) { return load_some(p + i, mask); };
        _mm256_maskstore_ps(x + i, mask, fn(load));
      });
}

// Rounds to nearest even within ±127 (NaN: -127).
CACTUS_INLINE __m256i round_int8(__m256 x, __m256 inverse) {
  const __m256i q = _mm256_cvtps_epi32(_mm256_mul_ps(x, inverse));
  return _mm256_min_epi32(_mm256_max_epi32(q, _mm256_set1_epi32(-127)), _mm256_set1_epi32(127));
}

// 32 values in their order: packs works in 128-bit lanes, the permutation undoes that.
CACTUS_INLINE __m256i narrow(const __m256i* q) {
  const __m256i low = _mm256_packs_epi32(q[0], q[1]);
  const __m256i high = _mm256_packs_epi32(q[2], q[3]);
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high),
                                     _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

void quantize_groups(const float* x, std::int64_t groups, std::int8_t* q, float* scale,
                     std::int32_t* bias) {
  for (std::int64_t g = 0; g < groups; ++g) {
    __m256 v[4];
    for (int k = 0; k < 4; ++k) v[k] = _mm256_loadu_ps(x + g * kGroup + 8 * k);
    const float amax = max_lanes(
        _mm256_max_ps(_mm256_max_ps(abs(v[0]), abs(v[1])), _mm256_max_ps(abs(v[2]), abs(v[3]))));
    const bool zero = !(amax >= kTiny);
    scale[g] = zero ? 0.0F : amax / 127.0F;
    const __m256 inverse = _mm256_set1_ps(zero ? 0.0F : 127.0F / amax);
    __m256i r[4];
    for (int k = 0; k < 4; ++k) r[k] = round_int8(v[k], inverse);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + g * kGroup), narrow(r));
    bias[g] = -128 * add_lanes(_mm256_add_epi32(_mm256_add_epi32(r[0], r[1]),
                                                _mm256_add_epi32(r[2], r[3])));
  }
}

float quantize_head(const float* x, std::int64_t n, std::int8_t* q, std::int32_t* sum) {
  __m256 largest = _mm256_setzero_ps();
  for_vectors(
      n, [&](std::int64_t i) { largest = _mm256_max_ps(abs(_mm256_loadu_ps(x + i)), largest); },
      [&](std::int64_t i, __m256i m) {
        largest = _mm256_max_ps(abs(load_some(x + i, m)), largest);
      });
  const float amax = max_lanes(largest);
  const bool zero = !(amax >= kTiny);
  const __m256 inverse = _mm256_set1_ps(zero ? 0.0F : 127.0F / amax);
  __m256i total = _mm256_setzero_si256();
  std::int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256i r[4];
    for (int k = 0; k < 4; ++k) {
      r[k] = round_int8(_mm256_loadu_ps(x + i + 8 * k), inverse);
      total = _mm256_add_epi32(total, r[k]);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(q + i), narrow(r));
  }
  for (; i < n; i += 8) {
    const __m256i m = first_lanes(n - i);
    const __m256i r = _mm256_and_si256(round_int8(load_some(x + i, m), inverse), m);
    total = _mm256_add_epi32(total, r);
    alignas(32) std::int32_t lanes[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), r);
    for (int k = 0; k < 8 && i + k < n; ++k) q[i + k] = static_cast<std::int8_t>(lanes[k]);
  }
  *sum = add_lanes(total);
  return zero ? 0.0F : amax / 127.0F;
}

void to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
  constexpr int kRounding = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  for_vectors(
      n,
      [&](std::int64_t i) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), kRounding));
      },
      [&](std::int64_t i, __m256i m) {
        alignas(16) std::uint16_t lanes[8];
        _mm_store_si128(reinterpret_cast<__m128i*>(lanes),
                        _mm256_cvtps_ph(load_some(x + i, m), kRounding));
        for (int k = 0; k < 8 && i + k < n; ++k) y[i + k] = lanes[k];
      });
}

float sum_squares(const float* x, std::int64_t n) {
  __m256 sum[4] = {};
  std::int64_t i = 0;
  for (; i + 32 <= n; i += 32) {
    for (int k = 0; k < 4; ++k) {
      const __m256 v = _mm256_loadu_ps(x + i + 8 * k);
      sum[k] = _mm256_fmadd_ps(v, v, sum[k]);
    }
  }
  for (; i < n; i += 8) {
    const __m256 v = load_some(x + i, first_lanes(n - i));
    sum[0] = _mm256_fmadd_ps(v, v, sum[0]);
  }
  return add_lanes(_mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
}

void scale_mul(const float* x, float s, const float* w, std::int64_t n, float* y) {
  const __m256 factor = _mm256_set1_ps(s);
  map(y, n, [&](auto load) {
    const __m256 v = _mm256_mul_ps(load(x), factor);
    return w != nullptr ? _mm256_mul_ps(v, load(w)) : v;
  });
}

void add_scale_mul(float* x, const float* a, float s, const float* w, float scale, std::int64_t n) {
  const __m256 factor = _mm256_set1_ps(s);
  map(x, n, [&](auto load) {
    __m256 v = _mm256_mul_ps(load(a), factor);
    if (w != nullptr) v = _mm256_mul_ps(v, load(w));
    return _mm256_mul_ps(_mm256_add_ps(load(x), v), _mm256_set1_ps(scale));
  });
}

// gelu_tanh(x) = x · sigmoid(2u), u = √(2/π)(x + 0.044715x³): no cancellation where it is small.
void gelu_mul(float* x, const float* y, std::int64_t n) {
  map(x, n, [&](auto load) {
    const __m256 v = load(x);
    const __m256 slope = _mm256_fmadd_ps(_mm256_mul_ps(v, v), _mm256_set1_ps(0.0713548162726F),
                                         _mm256_set1_ps(1.5957691216057308F));
    return _mm256_mul_ps(_mm256_mul_ps(v, sigmoid(_mm256_mul_ps(v, slope))), load(y));
  });
}

void silu_mul(float* x, const float* y, std::int64_t n) {
  map(x, n, [&](auto load) {
    const __m256 v = load(x);
    return _mm256_mul_ps(_mm256_mul_ps(v, sigmoid(v)), load(y));
  });
}

void soft_cap(float* x, std::int64_t n, float cap) {
  const __m256 factor = _mm256_set1_ps(cap);
  map(x, n, [&](auto load) { return _mm256_mul_ps(tanh(_mm256_div_ps(load(x), factor)), factor); });
}

void rope(float* x, std::int64_t half, const float* cos, const float* sin) {
  const auto turn = [](__m256 a, __m256 b, __m256 c, __m256 s, __m256* first, __m256* second) {
    *first = _mm256_fmsub_ps(a, c, _mm256_mul_ps(b, s));
    *second = _mm256_fmadd_ps(b, c, _mm256_mul_ps(a, s));
  };
  __m256 first;
  __m256 second;
  for_vectors(
      half,
      [&](std::int64_t i) {
        turn(_mm256_loadu_ps(x + i), _mm256_loadu_ps(x + half + i), _mm256_loadu_ps(cos + i),
             _mm256_loadu_ps(sin + i), &first, &second);
        _mm256_storeu_ps(x + i, first);
        _mm256_storeu_ps(x + half + i, second);
      },
      [&](std::int64_t i, __m256i m) {
        turn(load_some(x + i, m), load_some(x + half + i, m), load_some(cos + i, m),
             load_some(sin + i, m), &first, &second);
        _mm256_maskstore_ps(x + i, m, first);
        _mm256_maskstore_ps(x + half + i, m, second);
      });
}

// max(v, best): the second operand wins against NaN.
float max_of(const float* x, std::int64_t n) {
  const __m256 none = _mm256_set1_ps(-__builtin_inff());
  __m256 best[4] = {none, none, none, none};
  std::int64_t i = 0;
  for (; i + 32 <= n; i += 32)
    for (int k = 0; k < 4; ++k) best[k] = _mm256_max_ps(_mm256_loadu_ps(x + i + 8 * k), best[k]);
  for (; i < n; i += 8) {
    const __m256i m = first_lanes(n - i);
    best[0] = _mm256_max_ps(_mm256_blendv_ps(none, load_some(x + i, m), as_float(m)), best[0]);
  }
  return max_lanes(_mm256_max_ps(_mm256_max_ps(best[0], best[1]), _mm256_max_ps(best[2], best[3])));
}

std::int64_t argmax(const float* x, std::int64_t n) {
  const float max = max_of(x, n);
  if (max == -__builtin_inff()) return 0;
  for (std::int64_t i = 0; i < n; i += 8) {
    const __m256i m = first_lanes(n - i);
    const __m256 equal = _mm256_cmp_ps(load_some(x + i, m), _mm256_set1_ps(max), _CMP_EQ_OQ);
    const int found = _mm256_movemask_ps(_mm256_and_ps(equal, as_float(m)));
    if (found != 0) return i + __builtin_ctz(static_cast<unsigned>(found));
  }
  return 0;
}

double sum_exp(const float* x, std::int64_t n, float shift) {
  __m256d sum[2] = {};
  const auto add = [&](__m256 v) {
    sum[0] = _mm256_add_pd(sum[0], _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
    sum[1] = _mm256_add_pd(sum[1], _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
  };
  const __m256 minus = _mm256_set1_ps(shift);
  for_vectors(
      n, [&](std::int64_t i) { add(exp(_mm256_sub_ps(_mm256_loadu_ps(x + i), minus))); },
      [&](std::int64_t i, __m256i m) {
        add(_mm256_and_ps(exp(_mm256_sub_ps(load_some(x + i, m), minus)), as_float(m)));
      });
  alignas(32) double lanes[4];
  _mm256_store_pd(lanes, _mm256_add_pd(sum[0], sum[1]));
  return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
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

}  // namespace cactus::kernels::avx2
