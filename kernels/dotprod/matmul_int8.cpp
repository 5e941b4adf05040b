// The int8 products with SDOT (FEAT_DotProd): each lane of an accumulator is one row of weights,
// and the instruction itself broadcasts four columns of a token's activations to all lanes.
#include "kernels/dotprod/fill.h"
#include "kernels/neon/products.h"

namespace cactus::kernels::dotprod {
namespace {

struct Kernel {
  static constexpr int kTokens = 4;           // at most, a call of multiply
  static constexpr int kWholeTileTokens = 2;  // beyond: 8 rows a call, not 16

  // Adds columns 8V … 8V+7 of a group; a[t] holds the activations of columns 16·(V/2) … +15.
  template <int V, class Weights, int T, int Q>
  CACTUS_INLINE void add_columns(const Weights& w, const int8x16_t (&a)[T],
                                 int32x4_t (&acc)[T][Q]) {
    CACTUS_UNROLL
    for (int q = 0; q < Q; ++q) {
      const arm::Pair p = w.template load<V>(q);
      CACTUS_UNROLL
      for (int t = 0; t < T; ++t) {
        acc[t][q] = vdotq_laneq_s32(acc[t][q], p.lo, a[t], 2 * (V % 2));
        acc[t][q] = vdotq_laneq_s32(acc[t][q], p.hi, a[t], 2 * (V % 2) + 1);
      }
    }
  }

  template <class Weights, int T, int Q>
  CACTUS_INLINE void add_group(const Weights& w, const std::int8_t* a, std::int64_t lda,
                               int32x4_t (&acc)[T][Q]) {
    int8x16_t part[T];
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) part[t] = vld1q_s8(a + t * lda);
    add_columns<0>(w, part, acc);
    add_columns<1>(w, part, acc);
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) part[t] = vld1q_s8(a + t * lda + 16);
    add_columns<2>(w, part, acc);
    add_columns<3>(w, part, acc);
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
      CACTUS_MCA("BEGIN", "dotprod", Weights::kBits, T, 4 * Q);
      int32x4_t acc[T][Q];
      CACTUS_UNROLL
      for (int t = 0; t < T; ++t) {
        CACTUS_UNROLL
        for (int q = 0; q < Q; ++q) acc[t][q] = arm::magic_zero();
      }
      add_group(w, a, lda, acc);
      CACTUS_UNROLL
      for (int q = 0; q < Q; ++q) {
        const float32x4_t row_scale = w.scale(q);
        CACTUS_UNROLL
        for (int t = 0; t < T; ++t)
          sum[t][q] = vfmaq_f32(sum[t][q], arm::magic_float(acc[t][q]),
                                vmulq_n_f32(row_scale, scale[t * lds]));
      }
      w.next();
      a += kGroup;
      ++scale;
      CACTUS_MCA("END", "dotprod", Weights::kBits, T, 4 * Q);
    }
    CACTUS_UNROLL
    for (int t = 0; t < T; ++t) {
      CACTUS_UNROLL
      for (int q = 0; q < Q; ++q) vst1q_f32(y + t * ldy + 4 * q, sum[t][q]);
    }
  }
};

// 16 dot products of 16 lanes a round, each accumulator a chain of its own.
std::int64_t peak_int8(std::int64_t n, std::int32_t* sink) {
  constexpr int kChains = 16;
  int32x4_t acc[kChains];
  CACTUS_UNROLL
  for (int i = 0; i < kChains; ++i) acc[i] = vdupq_n_s32(i);
  const int8x16_t a = vdupq_n_s8(3);
  int8x16_t b = vdupq_n_s8(5);
  for (std::int64_t r = 0; r < n; ++r) {
    __asm__ volatile("" : "+w"(b));
    CACTUS_UNROLL
    for (int i = 0; i < kChains; ++i) acc[i] = vdotq_s32(acc[i], a, b);
  }
  CACTUS_UNROLL
  for (int i = 1; i < kChains; ++i) acc[0] = vaddq_s32(acc[0], acc[i]);
  *sink += vaddvq_s32(acc[0]);
  return n * kChains * 16;
}

}  // namespace

void fill_matmul(Table& t) {
  t.gemm = arm::gemm<Kernel>;
  t.gemv_q4 = arm::gemv_q4<Kernel>;
  t.gemv_q8 = arm::gemv_q8<Kernel>;
  t.peak_int8 = peak_int8;
}

}  // namespace cactus::kernels::dotprod
