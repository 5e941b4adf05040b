// exp and tanh of 16 floats. For sources of this folder only: everything here is inlined.
#pragma once
#include <immintrin.h>

namespace cactus::kernels::avx512vnni {

#define CACTUS_INLINE inline __attribute__((always_inline))

CACTUS_INLINE __mmask16 first_lanes(long n) {
  return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
}

// x = n·ln 2 + r with |r| ≤ ln2/2 (·1.001): e^r - 1 = r + r²·P(r), P interpolated at the Chebyshev
// nodes of that range; relative error of e^r 1e-8 before rounding. x within ±104, NaN stays NaN.
struct Exponent {
  __m512 n;
  __m512 em1;  // e^r - 1
};
CACTUS_INLINE Exponent split_exp(__m512 x) {
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504088896341F)),
                                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.69287109375F), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(2.760868099452862e-4F), r);
  __m512 p = _mm512_set1_ps(1.3926250831287747e-3F);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.363232883680738e-3F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.166655421298538e-2F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.16666576666119942F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5F));
  return {n, _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r)};
}

// The second operand is what a comparison with NaN returns, so NaN stays NaN.
CACTUS_INLINE __m512 clamp(__m512 x, float low, float high) {
  return _mm512_min_ps(_mm512_set1_ps(high), _mm512_max_ps(_mm512_set1_ps(low), x));
}

// e^x for x ≤ 88; 0 below -104. At most 1.5 units in the last place.
CACTUS_INLINE __m512 exp(__m512 x) {
  const Exponent e = split_exp(_mm512_max_ps(_mm512_set1_ps(-104.0F), x));
  return _mm512_scalef_ps(_mm512_add_ps(e.em1, _mm512_set1_ps(1.0F)), e.n);
}

// 1 / (1 + e^-x), relative error 3e-7 while x > -80; never 0.
CACTUS_INLINE __m512 sigmoid(__m512 x) {
  const __m512 minus = _mm512_sub_ps(_mm512_setzero_ps(), x);
  const __m512 d = _mm512_add_ps(_mm512_set1_ps(1.0F), exp(clamp(minus, -80.0F, 80.0F)));
  const __m512 y = _mm512_rcp14_ps(d);  // 14 bits, then one step of Newton
  return _mm512_mul_ps(y, _mm512_fnmadd_ps(d, y, _mm512_set1_ps(2.0F)));
}

// tanh x = t / (t + 2) with t = e^2x - 1, which is exact to rounding for small x too.
CACTUS_INLINE __m512 tanh(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.0F);
  const Exponent e = split_exp(clamp(_mm512_add_ps(x, x), -40.0F, 40.0F));
  const __m512 power = _mm512_scalef_ps(one, e.n);
  const __m512 t = _mm512_fmadd_ps(power, e.em1, _mm512_sub_ps(power, one));
  return _mm512_div_ps(t, _mm512_add_ps(t, _mm512_set1_ps(2.0F)));
}

}  // namespace cactus::kernels::avx512vnni
