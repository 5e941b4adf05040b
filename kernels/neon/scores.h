// Scores of int8 queries against int8 keys around one inner loop. Kernel::add(acc, a, b) adds 16
// products to the four lanes of acc. Included by neon/ and dotprod/, each with its own flags.
#pragma once
#include "kernels/neon/tails.h"

namespace cactus::kernels {
namespace {
namespace arm {

// Lane p of the result is the sum of all lanes of a[p].
CACTUS_INLINE int32x4_t sum_each(const int32x4_t (&a)[4]) {
  return vpaddq_s32(vpaddq_s32(a[0], a[1]), vpaddq_s32(a[2], a[3]));
}

// Q queries against the 4 keys `key`: s[i][0 … count-1].
template <class Kernel, int Q>
CACTUS_INLINE void score_block(const std::int8_t* const (&key)[4], const float* scale,
                               std::int64_t scale_stride, std::int64_t count, const std::int8_t* q,
                               const float* q_scale, std::int64_t dim, float* s, std::int64_t lds) {
  int32x4_t acc[Q][4];
  CACTUS_UNROLL
  for (int i = 0; i < Q; ++i) {
    CACTUS_UNROLL
    for (int p = 0; p < 4; ++p) acc[i][p] = vdupq_n_s32(0);
  }
  std::int64_t d = 0;
  for (; d + 16 <= dim; d += 16) {
    CACTUS_MCA("BEGIN", "qk", 8, Q, 4);
    int8x16_t k[4];
    CACTUS_UNROLL
    for (int p = 0; p < 4; ++p) k[p] = vld1q_s8(key[p] + d);
    CACTUS_UNROLL
    for (int i = 0; i < Q; ++i) {
      const int8x16_t a = vld1q_s8(q + i * dim + d);
      CACTUS_UNROLL
      for (int p = 0; p < 4; ++p) acc[i][p] = Kernel::add(acc[i][p], a, k[p]);
    }
    CACTUS_MCA("END", "qk", 8, Q, 4);
  }
  if (d < dim) {
    CACTUS_UNROLL
    for (int p = 0; p < 4; ++p) {
      const int8x16_t k = load_some(key[p] + d, dim - d);
      CACTUS_UNROLL
      for (int i = 0; i < Q; ++i)
        acc[i][p] = Kernel::add(acc[i][p], load_some(q + i * dim + d, dim - d), k);
    }
  }
  float key_scale[4] = {};
  for (std::int64_t p = 0; p < count; ++p) key_scale[p] = scale[p * scale_stride];
  CACTUS_UNROLL
  for (int i = 0; i < Q; ++i) {
    const float32x4_t factor = vmulq_n_f32(vld1q_f32(key_scale), q_scale[i]);
    const float32x4_t v = vmulq_f32(vcvtq_f32_s32(sum_each(acc[i])), factor);
    if (count == 4) {
      vst1q_f32(s + i * lds, v);
    } else {
      store_some(s + i * lds, v, count);
    }
  }
}

template <class Kernel>
void qk_q8(const KvRows& k, const std::int8_t* q, const float* q_scale, const std::int32_t*,
           std::int64_t nq, float* s, std::int64_t lds) {
  const auto* keys = static_cast<const std::int8_t*>(k.data);
  for (std::int64_t p = 0; p < k.n; p += 4) {
    const std::int64_t count = k.n - p < 4 ? k.n - p : 4;
    const std::int8_t* key[4];
    for (std::int64_t j = 0; j < 4; ++j) key[j] = keys + (p + (j < count ? j : 0)) * k.stride;
    const float* scale = k.scale + p * k.scale_stride;
    std::int64_t i = 0;
    for (; i + 4 <= nq; i += 4)
      score_block<Kernel, 4>(key, scale, k.scale_stride, count, q + i * k.dim, q_scale + i, k.dim,
                             s + i * lds + p, lds);
    for (; i < nq; ++i)
      score_block<Kernel, 1>(key, scale, k.scale_stride, count, q + i * k.dim, q_scale + i, k.dim,
                             s + i * lds + p, lds);
  }
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
