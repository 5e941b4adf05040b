// Sixteen floats at once, for fused.cpp and attention.cpp.

#pragma once

#include <immintrin.h>

using Lane = __m512;  // 16 floats
constexpr int kLane = 16;

inline Lane load(const float* from) { return _mm512_loadu_ps(from); }
inline void store(float* to, Lane x) { _mm512_storeu_ps(to, x); }
inline Lane all(float x) { return _mm512_set1_ps(x); }
inline float sum(Lane x) { return _mm512_reduce_add_ps(x); }

/// e^x: x = n ln 2 + r with |r| <= ln 2 / 2, then the series of e^r to the sixth power (1.3e-7 relative).
inline Lane exponential(Lane x) {
    const Lane n = _mm512_roundscale_ps(x * all(1.44269504f), _MM_FROUND_TO_NEAREST_INT);
    Lane r = _mm512_fnmadd_ps(n, all(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), r);
    Lane y = all(1.0f / 720);
    y = _mm512_fmadd_ps(y, r, all(1.0f / 120));
    y = _mm512_fmadd_ps(y, r, all(1.0f / 24));
    y = _mm512_fmadd_ps(y, r, all(1.0f / 6));
    y = _mm512_fmadd_ps(y, r, all(0.5f));
    y = _mm512_fmadd_ps(y, r, all(1.0f));
    y = _mm512_fmadd_ps(y, r, all(1.0f));
    return _mm512_scalef_ps(y, n);
}
