// Elementary functions, four floats at a time.
#pragma once
#include "kernels/neon/neon.h"

namespace cactus::kernels {
namespace {
namespace arm {

// eˣ within 2 units in the last place; 0 below -86.6, infinity above 88.72, NaN stays NaN. Cody and
// Waite's reduction to |r| ≤ ln 2 / 2; the polynomial is Cephes' expf (Moshier, 1989).
CACTUS_INLINE float32x4_t exp(float32x4_t x) {
  const float32x4_t bounded = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-86.6F)), vdupq_n_f32(89.0F));
  const float32x4_t n = vrndnq_f32(vmulq_n_f32(bounded, 1.44269504088896341F));
  float32x4_t r = vfmsq_n_f32(bounded, n, 0.693359375F);
  r = vfmsq_n_f32(r, n, -2.12194440e-4F);
  float32x4_t p = vdupq_n_f32(1.9875691500e-4F);
  p = vfmaq_f32(vdupq_n_f32(1.3981999507e-3F), p, r);
  p = vfmaq_f32(vdupq_n_f32(8.3334519073e-3F), p, r);
  p = vfmaq_f32(vdupq_n_f32(4.1665795894e-2F), p, r);
  p = vfmaq_f32(vdupq_n_f32(1.6666665459e-1F), p, r);
  p = vfmaq_f32(vdupq_n_f32(5.0000001201e-1F), p, r);
  p = vaddq_f32(vfmaq_f32(r, vmulq_f32(r, r), p), vdupq_n_f32(1.0F));
  // 2ⁿ as 2 · 2ⁿ⁻¹: n is 128 just below overflow.
  const int32x4_t exponent = vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(126));
  const float32x4_t half = vreinterpretq_f32_s32(vshlq_n_s32(exponent, 23));
  const float32x4_t y = vmulq_f32(vaddq_f32(p, p), half);
  const uint32x4_t tiny = vcltq_f32(x, vdupq_n_f32(-86.6F));
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(y), tiny));
}

// tanh: Cephes' polynomial below 0.625, where 1 - 2/(e²ˣ + 1) would lose digits.
CACTUS_INLINE float32x4_t tanh(float32x4_t x) {
  const float32x4_t a = vabsq_f32(x);
  const float32x4_t one = vdupq_n_f32(1.0F);
  const float32x4_t e = exp(vaddq_f32(a, a));
  const float32x4_t far = vsubq_f32(one, vdivq_f32(vdupq_n_f32(2.0F), vaddq_f32(e, one)));
  const float32x4_t z = vmulq_f32(x, x);
  float32x4_t p = vdupq_n_f32(-5.70498872745e-3F);
  p = vfmaq_f32(vdupq_n_f32(2.06390887954e-2F), p, z);
  p = vfmaq_f32(vdupq_n_f32(-5.37397155531e-2F), p, z);
  p = vfmaq_f32(vdupq_n_f32(1.33314422036e-1F), p, z);
  p = vfmaq_f32(vdupq_n_f32(-3.33332819422e-1F), p, z);
  const float32x4_t near = vfmaq_f32(a, vmulq_f32(a, z), p);
  const float32x4_t y = vbslq_f32(vcltq_f32(a, vdupq_n_f32(0.625F)), near, far);
  return vbslq_f32(vdupq_n_u32(0x80000000U), x, y);
}

// x / (1 + e⁻ᵛ): SiLU with v = x, GELU with v = 2u.
CACTUS_INLINE float32x4_t times_sigmoid(float32x4_t x, float32x4_t v) {
  return vdivq_f32(x, vaddq_f32(vdupq_n_f32(1.0F), exp(vnegq_f32(v))));
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
