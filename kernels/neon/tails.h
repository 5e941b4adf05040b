// The last elements of a row, fewer than a register holds: through a zeroed register on the stack.
#pragma once
#include "kernels/neon/neon.h"

namespace cactus::kernels {
namespace {
namespace arm {

CACTUS_INLINE float32x4_t load_some(const float* p, std::int64_t n) {
  float whole[4] = {};
  for (std::int64_t i = 0; i < n; ++i) whole[i] = p[i];
  return vld1q_f32(whole);
}

CACTUS_INLINE void store_some(float* p, float32x4_t v, std::int64_t n) {
  float whole[4];
  vst1q_f32(whole, v);
  for (std::int64_t i = 0; i < n; ++i) p[i] = whole[i];
}

CACTUS_INLINE int8x16_t load_some(const std::int8_t* p, std::int64_t n) {
  std::int8_t whole[16] = {};
  for (std::int64_t i = 0; i < n; ++i) whole[i] = p[i];
  return vld1q_s8(whole);
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
