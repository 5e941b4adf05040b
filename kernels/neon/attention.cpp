// Attention: scores of a block of keys, one step of the softmax, values weighted and summed.
#include "kernels/neon/fill.h"
#include "kernels/neon/math.h"
#include "kernels/neon/scores.h"

namespace cactus::kernels::neon {
namespace {

using arm::load_some;
using arm::store_some;

struct Kernel {
  // Two products fit 16 bits: queries and keys are within ±127.
  CACTUS_INLINE int32x4_t add(int32x4_t acc, int8x16_t a, int8x16_t b) {
    const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    return vpadalq_s16(acc, vmlal_high_s8(low, a, b));
  }
};

// ---- softmax

// The greatest of m and n elements; NaN never wins.
CACTUS_INLINE float max_of(const float* x, std::int64_t n, float m) {
  float32x4_t best = vdupq_n_f32(m);
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) best = vmaxnmq_f32(best, vld1q_f32(x + i));
  for (; i < n; ++i) best = vmaxnmq_f32(best, vdupq_n_f32(x[i]));
  return vmaxnmvq_f32(best);
}

// x = exp(x - shift); returns the sum.
CACTUS_INLINE float exp_sum(float* x, std::int64_t n, float shift) {
  float32x4_t sum = vdupq_n_f32(0);
  const float32x4_t by = vdupq_n_f32(shift);
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const float32x4_t e = arm::exp(vsubq_f32(vld1q_f32(x + i), by));
    vst1q_f32(x + i, e);
    sum = vaddq_f32(sum, e);
  }
  float total = vaddvq_f32(sum);
  if (i < n) {
    store_some(x + i, arm::exp(vsubq_f32(load_some(x + i, n - i), by)), n - i);
    for (; i < n; ++i) total += x[i];
  }
  return total;
}

CACTUS_INLINE void clear(float* x, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = 0;
}

void softmax(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n, const std::int32_t* low,
             const std::int32_t* high, float* max, float* sum, float* shrink, float* gain) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = s + i * lds;
    const std::int64_t from = low[i];
    const std::int64_t to = high[i];
    clear(row, from);
    clear(row + to, n - to);
    shrink[i] = 1;
    gain[i] = 0;
    if (from == to) continue;
    const float best = max_of(row + from, to - from, -__builtin_inff());
    const float total = exp_sum(row + from, to - from, best);
    const float m = best > max[i] ? best : max[i];
    shrink[i] = vgetq_lane_f32(arm::exp(vdupq_n_f32(max[i] - m)), 0);
    gain[i] = vgetq_lane_f32(arm::exp(vdupq_n_f32(best - m)), 0);
    sum[i] = sum[i] * shrink[i] + total * gain[i];
    max[i] = m;
  }
}

// ---- weighted sums of values

// Columns of values at a time: enough accumulators for one row to hide the latency of FMLA.
constexpr int kWidth = 32;
constexpr int kRegisters = kWidth / 4;

struct Columns {
  float32x4_t v[4];
};

struct Q8 {
  using Stored = std::int8_t;
  CACTUS_INLINE Columns load(const std::int8_t* p) {
    const int8x16_t v = vld1q_s8(p);
    const int16x8_t a = vmovl_s8(vget_low_s8(v));
    const int16x8_t b = vmovl_high_s8(v);
    return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(a))), vcvtq_f32_s32(vmovl_high_s16(a)),
             vcvtq_f32_s32(vmovl_s16(vget_low_s16(b))), vcvtq_f32_s32(vmovl_high_s16(b))}};
  }
};

struct F16 {
  using Stored = std::uint16_t;
  CACTUS_INLINE Columns load(const std::uint16_t* p) {
    const float16x8_t a = vreinterpretq_f16_u16(vld1q_u16(p));
    const float16x8_t b = vreinterpretq_f16_u16(vld1q_u16(p + 8));
    return {{vcvt_f32_f16(vget_low_f16(a)), vcvt_high_f32_f16(a), vcvt_f32_f16(vget_low_f16(b)),
             vcvt_high_f32_f16(b)}};
  }
};

struct F32 {
  using Stored = float;
  CACTUS_INLINE Columns load(const float* p) {
    return {{vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)}};
  }
};

template <class Stored>
CACTUS_INLINE void copy(const Stored* from, std::int64_t n, Stored* to) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = from[i];
}

// Columns d … d+width-1 of all values as floats times their scale, [n, kWidth], zero beyond width.
template <class Type>
CACTUS_INLINE void load_columns(const KvRows& v, std::int64_t d, std::int64_t width, float* out) {
  using Stored = typename Type::Stored;
  const Stored* values = static_cast<const Stored*>(v.data) + d;
  Stored some[kWidth] = {};
  for (std::int64_t p = 0; p < v.n; ++p, values += v.stride, out += kWidth) {
    if (width < kWidth) copy(values, width, some);
    const Stored* from = width < kWidth ? some : values;
    const float scale = v.scale != nullptr ? v.scale[p * v.scale_stride] : 1.0F;
    CACTUS_UNROLL
    for (int half = 0; half < kWidth / 16; ++half) {
      const Columns c = Type::load(from + 16 * half);
      CACTUS_UNROLL
      for (int l = 0; l < 4; ++l) vst1q_f32(out + 16 * half + 4 * l, vmulq_n_f32(c.v[l], scale));
    }
  }
}

// acc += prob[Lane] · value for R rows.
template <int Lane, int R>
CACTUS_INLINE void add_value(const float* value, const float32x4_t (&prob)[R],
                             float32x4_t (&acc)[R][kRegisters]) {
  CACTUS_UNROLL
  for (int l = 0; l < kRegisters; ++l) {
    const float32x4_t v = vld1q_f32(value + 4 * l);
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) acc[r][l] = vfmaq_laneq_f32(acc[r][l], v, prob[r], Lane);
  }
}

// R rows of o, columns [0, kWidth): o = gain · (prob · values [n, kWidth]) + shrink · o.
template <int R>
CACTUS_INLINE void add_values(const float* values, std::int64_t n, const float* prob,
                              std::int64_t ldp, const float* shrink, const float* gain, float* o,
                              std::int64_t ldo) {
  float32x4_t acc[R][kRegisters];
  float32x4_t part[R];
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int l = 0; l < kRegisters; ++l) acc[r][l] = vdupq_n_f32(0);
  }
  std::int64_t p = 0;
  for (; p + 4 <= n; p += 4, values += 4 * kWidth) {
    CACTUS_MCA("BEGIN", "pv", 32, R, kWidth);
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) part[r] = vld1q_f32(prob + r * ldp + p);
    add_value<0>(values, part, acc);
    add_value<1>(values + kWidth, part, acc);
    add_value<2>(values + 2 * kWidth, part, acc);
    add_value<3>(values + 3 * kWidth, part, acc);
    CACTUS_MCA("END", "pv", 32, R, kWidth);
  }
  for (; p < n; ++p, values += kWidth) {
    CACTUS_UNROLL
    for (int r = 0; r < R; ++r) part[r] = vdupq_n_f32(prob[r * ldp + p]);
    add_value<0>(values, part, acc);
  }
  CACTUS_UNROLL
  for (int r = 0; r < R; ++r) {
    CACTUS_UNROLL
    for (int l = 0; l < kRegisters; ++l) {
      float* to = o + r * ldo + 4 * l;
      vst1q_f32(to, vfmaq_n_f32(vmulq_n_f32(vld1q_f32(to), shrink[r]), acc[r][l], gain[r]));
    }
  }
}

template <class Type>
void pv(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq, const float* shrink,
        const float* gain, float* o, std::int64_t ldo) {
  float values[kMaxKeys * kWidth];
  for (std::int64_t d = 0; d < v.dim; d += kWidth) {
    const std::int64_t width = v.dim - d < kWidth ? v.dim - d : kWidth;
    load_columns<Type>(v, d, width, values);
    std::int64_t i = 0;
    if (width == kWidth) {
      for (; i + 2 <= nq; i += 2)
        add_values<2>(values, v.n, prob + i * ldp, ldp, shrink + i, gain + i, o + i * ldo + d, ldo);
    }
    for (; i < nq; ++i) {
      float* row = o + i * ldo + d;
      float some[kWidth] = {};
      if (width < kWidth) copy(row, width, some);
      add_values<1>(values, v.n, prob + i * ldp, ldp, shrink + i, gain + i,
                    width < kWidth ? some : row, 0);
      if (width < kWidth) copy(some, width, row);
    }
  }
}

void merge(const float* part, float gain, float shrink, std::int64_t n, float* o) {
  const auto step = [gain, shrink](float32x4_t old, float32x4_t v) {
    return vfmaq_n_f32(vmulq_n_f32(old, shrink), v, gain);
  };
  std::int64_t i = 0;
  for (; i + 4 <= n; i += 4) vst1q_f32(o + i, step(vld1q_f32(o + i), vld1q_f32(part + i)));
  const std::int64_t rest = n - i;
  store_some(o + i, step(load_some(o + i, rest), load_some(part + i, rest)), rest);
}

}  // namespace

void fill_attention(Table& t) {
  t.qk_q8 = arm::qk_q8<Kernel>;
  t.softmax = softmax;
  t.pv_q8 = pv<Q8>;
  t.pv_f16 = pv<F16>;
  t.merge = merge;
  t.pv_f32 = pv<F32>;
}

}  // namespace cactus::kernels::neon
