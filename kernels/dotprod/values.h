// Weighted sums of int8 values in integers, around one inner loop. A row's weights (probability ×
// the value's scale) become 16 bits relative to the row's largest, as 256·high + low with signed
// bytes, so that the dot products of int8 serve, at 1/65,000 of the largest weight. Sums are exact:
// |sum| ≤ 128 · 128 · 32,639 < 2³⁰.
//
// Kernel: arrange() stores 8 keys × 16 columns as its eight registers; add() adds their products
// with a register of weights (8 high bytes, 8 low bytes); total() gives 256·high + low of 4
// columns. Included by dotprod/ and i8mm/, each with its own flags.
#pragma once
#include "kernels/neon/tails.h"

namespace cactus::kernels {
namespace {
namespace arm {

constexpr std::int64_t kRows = 32;      // rows whose weights exist at a time
constexpr std::int64_t kColumns = 16;   // columns of values in one arrangement
constexpr std::int64_t kKeyBytes = 16;  // of weights for 8 keys

struct RowWeights {
  std::int8_t bytes[kMaxKeys / 8 * kKeyBytes];
  float step;  // weight = step · (256·high + low)
};

// Four keys × 16 columns, byte j of column c at 4c + j: register i has columns 4i … 4i+3.
struct FourKeys {
  int8x16_t columns[4];
};

CACTUS_INLINE FourKeys transpose(const int8x16_t (&key)[4]) {
  const int16x8_t low01 = vreinterpretq_s16_s8(vzip1q_s8(key[0], key[1]));
  const int16x8_t low23 = vreinterpretq_s16_s8(vzip1q_s8(key[2], key[3]));
  const int16x8_t high01 = vreinterpretq_s16_s8(vzip2q_s8(key[0], key[1]));
  const int16x8_t high23 = vreinterpretq_s16_s8(vzip2q_s8(key[2], key[3]));
  return {{vreinterpretq_s8_s16(vzip1q_s16(low01, low23)),
           vreinterpretq_s8_s16(vzip2q_s16(low01, low23)),
           vreinterpretq_s8_s16(vzip1q_s16(high01, high23)),
           vreinterpretq_s8_s16(vzip2q_s16(high01, high23))}};
}

// Keys from `first` on; those from v.n on are zeros.
CACTUS_INLINE FourKeys load_keys(const KvRows& v, std::int64_t first, std::int64_t d,
                                 std::int64_t width) {
  int8x16_t key[4];
  CACTUS_UNROLL
  for (int j = 0; j < 4; ++j) {
    const std::int64_t p = first + j;
    const auto* at = static_cast<const std::int8_t*>(v.data) + (p < v.n ? p : 0) * v.stride + d;
    key[j] = width == kColumns ? vld1q_s8(at) : load_some(at, width);
    if (p >= v.n) key[j] = vdupq_n_s8(0);
  }
  return transpose(key);
}

CACTUS_INLINE void quantize_row(const float* prob, const float* scale, std::int64_t n,
                                RowWeights& out) {
  float weight[kMaxKeys];
  float32x4_t amax = vdupq_n_f32(0);
  const std::int64_t padded = (n + 7) / 8 * 8;
  for (std::int64_t p = 0; p < padded; p += 4) {
    const std::int64_t left = n - p;
    const float32x4_t x = left >= 4  ? vld1q_f32(prob + p)
                          : left > 0 ? load_some(prob + p, left)
                                     : vdupq_n_f32(0);
    const float32x4_t w = vmulq_f32(x, vld1q_f32(scale + p));
    amax = vmaxnmq_f32(amax, vabsq_f32(w));
    vst1q_f32(weight + p, w);
  }
  const float largest = vmaxnmvq_f32(amax);
  const bool none = !(largest >= 1e-30F);
  const float inverse = none ? 0.0F : 32639.0F / largest;
  out.step = none ? 0.0F : largest / 32639.0F;
  for (std::int64_t p = 0; p < padded; p += 8) {
    const int32x4_t a = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(weight + p), inverse));
    const int32x4_t b = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(weight + p + 4), inverse));
    const int16x8_t whole = vqmovn_high_s32(vqmovn_s32(a), b);
    const int8x8_t high = vmovn_s16(vrshrq_n_s16(whole, 8));
    vst1q_s8(out.bytes + 2 * p, vcombine_s8(high, vmovn_s16(whole)));
  }
}

// R rows × 16 columns: o = gain · (step · sum over all keys) + shrink · o.
template <class Kernel, int R>
CACTUS_INLINE void sum_values(const std::int8_t* values, std::int64_t eights,
                              const RowWeights* weights, const float* shrink, const float* gain,
                              float* o, std::int64_t ldo) {
  typename Kernel::Sums acc[R];
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) acc[r] = Kernel::zero();
  for (std::int64_t k = 0; k < eights; ++k) {
    CACTUS_MCA("BEGIN", "pv", 8, R, 16);
    int8x16_t w[R];
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) w[r] = vld1q_s8(weights[r].bytes + kKeyBytes * k);
    CACTUS_UNROLL
    for (int i = 0; i < 8; ++i) {
      const int8x16_t v = vld1q_s8(values + 128 * k + 16 * i);
      CACTUS_UNROLL
      for (int r = 0; r < R; ++r) Kernel::add(acc[r], i, v, w[r]);
    }
    CACTUS_MCA("END", "pv", 8, R, 16);
  }
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int q = 0; q < 4; ++q) {
      float* at = o + r * ldo + 4 * q;
      const float32x4_t sum = vcvtq_f32_s32(Kernel::total(acc[r], q));
      const float32x4_t block = vmulq_n_f32(sum, weights[r].step);
      vst1q_f32(at, vfmaq_n_f32(vmulq_n_f32(vld1q_f32(at), shrink[r]), block, gain[r]));
    }
  }
}

// All rows of a chunk × columns d … d+width-1.
template <class Kernel>
CACTUS_INLINE void sum_columns(const KvRows& v, std::int64_t d, const RowWeights* weights,
                               std::int64_t rows, const float* shrink, const float* gain, float* o,
                               std::int64_t ldo) {
  std::int8_t values[kMaxKeys * kColumns];
  const std::int64_t width = v.dim - d < kColumns ? v.dim - d : kColumns;
  const std::int64_t eights = (v.n + 7) / 8;
  for (std::int64_t k = 0; k < eights; ++k)
    Kernel::arrange(load_keys(v, 8 * k, d, width), load_keys(v, 8 * k + 4, d, width),
                    values + 128 * k);
  std::int64_t i = 0;
  if (width == kColumns) {
    for (; i + 2 <= rows; i += 2)
      sum_values<Kernel, 2>(values, eights, weights + i, shrink + i, gain + i, o + i * ldo + d,
                            ldo);
  }
  for (; i < rows; ++i) {
    float* row = o + i * ldo + d;
    if (width == kColumns) {
      sum_values<Kernel, 1>(values, eights, weights + i, shrink + i, gain + i, row, 0);
      continue;
    }
    float some[kColumns] = {};
    for (std::int64_t c = 0; c < width; ++c) some[c] = row[c];
    sum_values<Kernel, 1>(values, eights, weights + i, shrink + i, gain + i, some, 0);
    for (std::int64_t c = 0; c < width; ++c) row[c] = some[c];
  }
}

template <class Kernel>
void pv_q8(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
           const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  float scale[kMaxKeys] = {};
  for (std::int64_t p = 0; p < v.n; ++p) scale[p] = v.scale[p * v.scale_stride];
  RowWeights weights[kRows];
  for (std::int64_t first = 0; first < nq; first += kRows) {
    const std::int64_t rows = nq - first < kRows ? nq - first : kRows;
    for (std::int64_t i = 0; i < rows; ++i)
      quantize_row(prob + (first + i) * ldp, scale, v.n, weights[i]);
    for (std::int64_t d = 0; d < v.dim; d += kColumns)
      sum_columns<Kernel>(v, d, weights, rows, shrink + first, gain + first, o + first * ldo, ldo);
  }
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
