// Quantisers, rows of floats and reductions over logits, 16 floats at a time; tails by masks.
#include "kernels/avx512vnni/avx512vnni.h"
#include "kernels/avx512vnni/math.h"

namespace cactus::kernels::avx512vnni {
namespace {

constexpr float kTiny = 1e-30F;  // below this a group is zeros: 127/amax must stay finite

CACTUS_INLINE __m512 load(const float* p, __mmask16 m) {
  return _mm512_maskz_loadu_ps(m, p);
}

// fn(offset, mask) for each 16 of n elements.
template <class Fn>
CACTUS_INLINE void for_vectors(std::int64_t n, Fn fn) {
  std::int64_t i = 0;
  for (; i + 16 <= n; i += 16) fn(i, static_cast<__mmask16>(0xffff));
  if (i < n) fn(i, first_lanes(n - i));
}

// Rounds to nearest even within ±127 (NaN: -127).
CACTUS_INLINE __m512i round_int8(__m512 x, __m512 inverse) {
  const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(x, inverse));
  return _mm512_min_epi32(_mm512_max_epi32(q, _mm512_set1_epi32(-127)), _mm512_set1_epi32(127));
}

void quantize_groups(const float* x, std::int64_t groups, std::int8_t* q, float* scale,
                     std::int32_t* bias) {
  for (std::int64_t g = 0; g < groups; ++g) {
    const __m512 a = _mm512_loadu_ps(x + g * kGroup);
    const __m512 b = _mm512_loadu_ps(x + g * kGroup + 16);
    const float amax = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
    const bool zero = !(amax >= kTiny);
    scale[g] = zero ? 0.0F : amax / 127.0F;
    const __m512 inverse = _mm512_set1_ps(zero ? 0.0F : 127.0F / amax);
    const __m512i qa = round_int8(a, inverse);
    const __m512i qb = round_int8(b, inverse);
    auto* out = reinterpret_cast<__m128i*>(q + g * kGroup);
    _mm_storeu_si128(out, _mm512_cvtepi32_epi8(qa));
    _mm_storeu_si128(out + 1, _mm512_cvtepi32_epi8(qb));
    bias[g] = -128 * _mm512_reduce_add_epi32(_mm512_add_epi32(qa, qb));
  }
}

float quantize_head(const float* x, std::int64_t n, std::int8_t* q, std::int32_t* sum) {
  __m512 largest = _mm512_setzero_ps();
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    largest = _mm512_max_ps(_mm512_abs_ps(load(x + i, m)), largest);
  });
  const float amax = _mm512_reduce_max_ps(largest);
  const bool zero = !(amax >= kTiny);
  const __m512 inverse = _mm512_set1_ps(zero ? 0.0F : 127.0F / amax);
  __m512i total = _mm512_setzero_si512();
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m512i v = round_int8(load(x + i, m), inverse);
    _mm512_mask_cvtepi32_storeu_epi8(q + i, m, v);
    total = _mm512_mask_add_epi32(total, m, total, v);
  });
  *sum = _mm512_reduce_add_epi32(total);
  return zero ? 0.0F : amax / 127.0F;
}

void to_f16(const float* x, std::int64_t n, std::uint16_t* y) {
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m256i half =
        _mm512_cvtps_ph(load(x + i, m), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_mask_storeu_epi16(y + i, m, half);
  });
}

float sum_squares(const float* x, std::int64_t n) {
  __m512 sum[4] = {};
  std::int64_t i = 0;
  for (; i + 64 <= n; i += 64) {
    for (int k = 0; k < 4; ++k) {
      const __m512 v = _mm512_loadu_ps(x + i + 16 * k);
      sum[k] = _mm512_fmadd_ps(v, v, sum[k]);
    }
  }
  for (; i < n; i += 16) {
    const __m512 v = load(x + i, first_lanes(n - i));
    sum[0] = _mm512_fmadd_ps(v, v, sum[0]);
  }
  return _mm512_reduce_add_ps(
      _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
}

void scale_mul(const float* x, float s, const float* w, std::int64_t n, float* y) {
  const __m512 factor = _mm512_set1_ps(s);
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    __m512 v = _mm512_mul_ps(load(x + i, m), factor);
    if (w != nullptr) v = _mm512_mul_ps(v, load(w + i, m));
    _mm512_mask_storeu_ps(y + i, m, v);
  });
}

void add_scale_mul(float* x, const float* a, float s, const float* w, float scale, std::int64_t n) {
  const __m512 factor = _mm512_set1_ps(s);
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    __m512 v = _mm512_mul_ps(load(a + i, m), factor);
    if (w != nullptr) v = _mm512_mul_ps(v, load(w + i, m));
    v = _mm512_mul_ps(_mm512_add_ps(load(x + i, m), v), _mm512_set1_ps(scale));
    _mm512_mask_storeu_ps(x + i, m, v);
  });
}

// gelu_tanh(x) = x · sigmoid(2u), u = √(2/π)(x + 0.044715x³): no cancellation where it is small.
void gelu_mul(float* x, const float* y, std::int64_t n) {
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m512 v = load(x + i, m);
    const __m512 slope = _mm512_fmadd_ps(_mm512_mul_ps(v, v), _mm512_set1_ps(0.0713548162726F),
                                         _mm512_set1_ps(1.5957691216057308F));
    const __m512 g = _mm512_mul_ps(v, sigmoid(_mm512_mul_ps(v, slope)));
    _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(g, load(y + i, m)));
  });
}

void silu_mul(float* x, const float* y, std::int64_t n) {
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m512 v = load(x + i, m);
    const __m512 g = _mm512_mul_ps(v, sigmoid(v));
    _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(g, load(y + i, m)));
  });
}

void soft_cap(float* x, std::int64_t n, float cap) {
  const __m512 factor = _mm512_set1_ps(cap);
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m512 v = tanh(_mm512_div_ps(load(x + i, m), factor));
    _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(v, factor));
  });
}

void rope(float* x, std::int64_t half, const float* cos, const float* sin) {
  for_vectors(half, [&](std::int64_t i, __mmask16 m) {
    const __m512 a = load(x + i, m);
    const __m512 b = load(x + half + i, m);
    const __m512 c = load(cos + i, m);
    const __m512 s = load(sin + i, m);
    _mm512_mask_storeu_ps(x + i, m, _mm512_fmsub_ps(a, c, _mm512_mul_ps(b, s)));
    _mm512_mask_storeu_ps(x + half + i, m, _mm512_fmadd_ps(b, c, _mm512_mul_ps(a, s)));
  });
}

// max(v, best): the second operand wins against NaN.
float max_of(const float* x, std::int64_t n) {
  const __m512 none = _mm512_set1_ps(-__builtin_inff());
  __m512 best[4] = {none, none, none, none};
  std::int64_t i = 0;
  for (; i + 64 <= n; i += 64)
    for (int k = 0; k < 4; ++k) best[k] = _mm512_max_ps(_mm512_loadu_ps(x + i + 16 * k), best[k]);
  for (; i < n; i += 16)
    best[0] = _mm512_max_ps(_mm512_mask_loadu_ps(none, first_lanes(n - i), x + i), best[0]);
  return _mm512_reduce_max_ps(
      _mm512_max_ps(_mm512_max_ps(best[0], best[1]), _mm512_max_ps(best[2], best[3])));
}

std::int64_t argmax(const float* x, std::int64_t n) {
  const float max = max_of(x, n);
  if (max == -__builtin_inff()) return 0;
  for (std::int64_t i = 0; i < n; i += 16) {
    const __mmask16 m = first_lanes(n - i);
    const __mmask16 found =
        _mm512_mask_cmp_ps_mask(m, load(x + i, m), _mm512_set1_ps(max), _CMP_EQ_OQ);
    if (found != 0) return i + __builtin_ctz(found);
  }
  return 0;
}

double sum_exp(const float* x, std::int64_t n, float shift) {
  __m512d sum[2] = {};
  for_vectors(n, [&](std::int64_t i, __mmask16 m) {
    const __m512 d = _mm512_sub_ps(load(x + i, m), _mm512_set1_ps(shift));
    const __m512 e = _mm512_maskz_mov_ps(m, exp(d));
    sum[0] = _mm512_add_pd(sum[0], _mm512_cvtps_pd(_mm512_castps512_ps256(e)));
    sum[1] = _mm512_add_pd(sum[1], _mm512_cvtps_pd(_mm512_extractf32x8_ps(e, 1)));
  });
  return _mm512_reduce_add_pd(_mm512_add_pd(sum[0], sum[1]));
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

}  // namespace cactus::kernels::avx512vnni
