// exp and tanh of 8 floats, and partial loads. For sources of this folder only: everything here is
// inlined.
#pragma once
#include <immintrin.h>

#include <cstdint>

namespace cactus::kernels::avx2 {

#define CACTUS_INLINE inline __attribute__((always_inline))

// All bits in the first n (any number) of 8 lanes.
CACTUS_INLINE __m256i first_lanes(std::int64_t n) {
  const int lanes = static_cast<int>(n > 8 ? 8 : n);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
CACTUS_INLINE __m256 as_float(__m256i v) {
  return _mm256_castsi256_ps(v);
}
CACTUS_INLINE __m256 load_some(const float* p, __m256i mask) {
  return _mm256_maskload_ps(p, mask);
}

// The first `bytes` (1 … 32) of 32 bytes at p, zeros behind them.
CACTUS_INLINE __m256i load_bytes(const void* p, std::int64_t bytes) {
  if (bytes >= 32) return _mm256_loadu_si256(static_cast<const __m256i*>(p));
  alignas(32) std::uint8_t all[32] = {};
  __builtin_memcpy(all, p, static_cast<std::size_t>(bytes));
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(all));
}

CACTUS_INLINE float add_lanes(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
CACTUS_INLINE float max_lanes(__m256 v) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}
CACTUS_INLINE std::int32_t add_lanes(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 1)));
}
CACTUS_INLINE __m256 abs(__m256 v) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), v);
}

// x = n·ln 2 + r with |r| ≤ ln2/2 (·1.001): e^r - 1 = r + r²·P(r), P interpolated at the Chebyshev
// nodes of that range; relative error of e^r 1e-8 before rounding. x within -87.3 … 88.
struct Exponent {
  __m256 power;  // 2^n
  __m256 em1;    // e^r - 1
};
CACTUS_INLINE Exponent split_exp(__m256 x) {
  const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504088896341F)),
                                   _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.69287109375F), x);
  r = _mm256_fnmadd_ps(n, _mm256_set1_ps(2.760868099452862e-4F), r);
  __m256 p = _mm256_set1_ps(1.3926250831287747e-3F);
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.363232883680738e-3F));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.166655421298538e-2F));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.16666576666119942F));
  p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5F));
  const __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
  return {as_float(_mm256_slli_epi32(bits, 23)), _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), r)};
}

// The second operand is what a comparison with NaN returns, so NaN stays NaN.
CACTUS_INLINE __m256 clamp(__m256 x, float low, float high) {
  return _mm256_min_ps(_mm256_set1_ps(high), _mm256_max_ps(_mm256_set1_ps(low), x));
}

// e^x for x ≤ 88; 0 below -87.3 (where floats become subnormal). At most 2 units in the last place.
CACTUS_INLINE __m256 exp(__m256 x) {
  const __m256 least = _mm256_set1_ps(-87.3F);
  const Exponent e = split_exp(_mm256_max_ps(least, x));
  const __m256 y = _mm256_fmadd_ps(e.power, e.em1, e.power);
  return _mm256_andnot_ps(_mm256_cmp_ps(x, least, _CMP_LT_OQ), y);
}

// 1 / (1 + e^-x), relative error 3e-7 while x > -80; never 0.
CACTUS_INLINE __m256 sigmoid(__m256 x) {
  const __m256 one = _mm256_set1_ps(1.0F);
  const __m256 minus = _mm256_sub_ps(_mm256_setzero_ps(), x);
  return _mm256_div_ps(one, _mm256_add_ps(one, exp(clamp(minus, -80.0F, 80.0F))));
}

// tanh x = t / (t + 2) with t = e^2x - 1, which is exact to rounding for small x too.
CACTUS_INLINE __m256 tanh(__m256 x) {
  const Exponent e = split_exp(clamp(_mm256_add_ps(x, x), -40.0F, 40.0F));
  const __m256 t = _mm256_fmadd_ps(e.power, e.em1, _mm256_sub_ps(e.power, _mm256_set1_ps(1.0F)));
  return _mm256_div_ps(t, _mm256_add_ps(t, _mm256_set1_ps(2.0F)));
}

}  // namespace cactus::kernels::avx2
