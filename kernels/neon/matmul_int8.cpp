// The int8 products on ARMv8.0, which has no dot-product instruction: products of two columns add
// up in 16 bits (2·128·127 fits), pairs of these in 32.
#include "kernels/neon/fill.h"
#include "kernels/neon/products.h"

namespace cactus::kernels::neon {
namespace {

// Four bytes of activations, once for each row of a register.
CACTUS_INLINE int8x16_t four_columns(const std::int8_t* a) {
  return vreinterpretq_s8_s32(vld1q_dup_s32(reinterpret_cast<const std::int32_t*>(a)));
}

// Sums of a quad of rows in the making: lanes 2r and 2r+1 of the two registers together are row r.
struct Partial {
  int32x4_t rows01;
  int32x4_t rows23;
};

struct Kernel {
  static constexpr int kTokens = 2;           // at most, a call of multiply
  static constexpr int kWholeTileTokens = 1;  // beyond: 8 rows a call, not 16

  // Adds columns 8V … 8V+7 of a group; the first sets.
  template <int V, class Weights, int T, int Q>
  CACTUS_INLINE void add_columns(const Weights& w, const std::int8_t* a, std::int64_t lda,
                                 Partial (&acc)[T][Q]) {
    int8x16_t lo[T];
    int8x16_t hi[T];
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      lo[t] = four_columns(a + t * lda + 8 * V);
      hi[t] = four_columns(a + t * lda + 8 * V + 4);
    }
    CACTUS_UNROLL
    for (int q = 0; q < Q; ++q) {
      const arm::Pair p = w.template load<V>(q);
      CACTUS_UNROLL
      for (int t = 0; t < T; ++t) {
        int16x8_t rows01 = vmull_s8(vget_low_s8(p.lo), vget_low_s8(lo[t]));
        int16x8_t rows23 = vmull_high_s8(p.lo, lo[t]);
        rows01 = vmlal_s8(rows01, vget_low_s8(p.hi), vget_low_s8(hi[t]));
        rows23 = vmlal_high_s8(rows23, p.hi, hi[t]);
        if constexpr (V == 0) {
          acc[t][q] = {vpaddlq_s16(rows01), vpaddlq_s16(rows23)};
        } else {
          acc[t][q].rows01 = vpadalq_s16(acc[t][q].rows01, rows01);
          acc[t][q].rows23 = vpadalq_s16(acc[t][q].rows23, rows23);
        }
      }
    }
  }

  template <int T, int Q, class Weights>
  CACTUS_INLINE void multiply(Weights w, std::int64_t groups, const std::int8_t* a,
                              std::int64_t lda, const float* scale, std::int64_t lds, float* y,
                              std::int64_t ldy, bool accumulate) {
    float32x4_t sum[T][Q];
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      CACTUS_UNROLL
      for (int q = 0; q < Q; ++q)
        sum[t][q] = accumulate ? vld1q_f32(y + t * ldy + 4 * q) : vdupq_n_f32(0);
    }
    for (std::int64_t g = 0; g < groups; ++g) {
      CACTUS_MCA("BEGIN", "neon", Weights::kBits, T, 4 * Q);
      Partial acc[T][Q];
      add_columns<0>(w, a, lda, acc);
      add_columns<1>(w, a, lda, acc);
      add_columns<2>(w, a, lda, acc);
      add_columns<3>(w, a, lda, acc);
      CACTUS_UNROLL
      for (int q = 0; q < Q; ++q) {
        const float32x4_t row_scale = w.scale(q);
        CACTUS_UNROLL
        for (int t = 0; t < T; ++t) {
          const int32x4_t dot = vpaddq_s32(acc[t][q].rows01, acc[t][q].rows23);
          sum[t][q] =
              vfmaq_f32(sum[t][q], vcvtq_f32_s32(dot), vmulq_n_f32(row_scale, scale[t * lds]));
        }
      }
      w.next();
      a += kGroup;
      ++scale;
      CACTUS_MCA("END", "neon", Weights::kBits, T, 4 * Q);
    }
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      CACTUS_UNROLL
      for (int q = 0; q < Q; ++q) vst1q_f32(y + t * ldy + 4 * q, sum[t][q]);
    }
  }
};

template <class Packed>
CACTUS_INLINE void expand(Packed w, std::int64_t groups, std::byte* operand) {
  for (std::int64_t g = 0; g < groups; ++g) {
    auto* scales = reinterpret_cast<float*>(operand);
    auto* values = reinterpret_cast<std::int8_t*>(operand + 64);
    const auto store = [&](int v, int q, arm::Pair p) {
      std::int8_t* to = values + 256 * (q / 2) + 64 * v + 16 * (q % 2);
      vst1q_s8(to, p.lo);
      vst1q_s8(to + 32, p.hi);
    };
    CACTUS_UNROLL
    for (int q = 0; q < 4; ++q) {
      vst1q_f32(scales + 4 * q, w.scale(q));
      store(0, q, w.template load<0>(q));
      store(1, q, w.template load<1>(q));
      store(2, q, w.template load<2>(q));
      store(3, q, w.template load<3>(q));
    }
    w.next();
    operand += kOperandBytes;
  }
}

void expand_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
               std::byte* operand) {
  expand(arm::PackedQ4{scales, codes, vld1q_s8(kCodebook)}, groups, operand);
}

void expand_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
               std::byte* operand) {
  expand(arm::PackedQ8{scales, values}, groups, operand);
}

// 16 products of 8 lanes a round, each accumulator a chain of its own.
std::int64_t peak_int8(std::int64_t n, std::int32_t* sink) {
  constexpr int kChains = 16;
  int16x8_t acc[kChains];
  CACTUS_UNROLL
  for (int i = 0; i < kChains; ++i) acc[i] = vdupq_n_s16(static_cast<std::int16_t>(i));
  const int8x8_t a = vdup_n_s8(3);
  int8x8_t b = vdup_n_s8(5);
  for (std::int64_t r = 0; r < n; ++r) {
    __asm__ volatile("" : "+w"(b));
    CACTUS_UNROLL
    for (int i = 0; i < kChains; ++i) acc[i] = vmlal_s8(acc[i], a, b);
  }
  CACTUS_UNROLL
  for (int i = 1; i < kChains; ++i) acc[0] = vaddq_s16(acc[0], acc[i]);
  *sink += vaddlvq_s16(acc[0]);
  return n * kChains * 8;
}

std::uint64_t peak_read(const std::byte* p, std::int64_t bytes) {
  const auto* at = reinterpret_cast<const std::uint64_t*>(p);
  uint64x2_t sum[8];
  CACTUS_UNROLL
  for (int l = 0; l < 8; ++l) sum[l] = vdupq_n_u64(0);
  for (std::int64_t i = 0; i < bytes; i += 128, at += 16) {
    CACTUS_UNROLL
    for (int l = 0; l < 8; ++l) sum[l] = veorq_u64(sum[l], vld1q_u64(at + 2 * l));
  }
  CACTUS_UNROLL
  for (int l = 1; l < 8; ++l) sum[0] = veorq_u64(sum[0], sum[l]);
  return vgetq_lane_u64(sum[0], 0) ^ vgetq_lane_u64(sum[0], 1);
}

}  // namespace

void fill_matmul(Table& t) {
  t.expand_q4 = expand_q4;
  t.expand_q8 = expand_q8;
  t.gemm = arm::gemm<Kernel>;
  t.gemv_q4 = arm::gemv_q4<Kernel>;
  t.gemv_q8 = arm::gemv_q8<Kernel>;
  t.peak_int8 = peak_int8;
  t.peak_read = peak_read;
}

}  // namespace cactus::kernels::neon
