// The int8 products with SMMLA (FEAT_I8MM): an instruction multiplies two tokens × 8 columns by two
// rows of weights × 8 columns into 2 × 2 sums, twice the work of SDOT. Weights are paired when they
// are expanded, tokens once for all tiles of a call.
#include "kernels/i8mm/fill.h"
#include "kernels/neon/neon.h"

namespace cactus::kernels::i8mm {
namespace {

// Tokens [4] as multiply() reads them: a group at a time, pairs (0, 1) and (2, 3).
struct TokenGroup {
  float scale[2][4];        // of a pair: first, first, second, second
  std::int8_t q[4][2][16];  // [8 columns][pair]: 8 of the first token, 8 of the second
};
constexpr int kTokens = 4;
constexpr std::int64_t kChunkGroups = 32;

// Groups of `count` (1 … 4) tokens; the missing ones are zeros.
void pair_tokens(const std::int8_t* q, std::int64_t ldq, const float* scale, std::int64_t ldg,
                 std::int64_t count, std::int64_t groups, TokenGroup* out) {
  for (std::int64_t g = 0; g < groups; ++g, ++out) {
    int8x16_t row[kTokens][2];
    float s[kTokens];
    CACTUS_UNROLL
    for (int t = 0; t < kTokens; ++t) {
      const bool real = t < count;
      const std::int8_t* at = q + (real ? t : 0) * ldq + g * kGroup;
      row[t][0] = vld1q_s8(at);
      row[t][1] = vld1q_s8(at + 16);
      s[t] = real ? scale[t * ldg + g] : 0.0F;
    }
    CACTUS_UNROLL
    for (int p = 0; p < 2; ++p) {
      vst1q_f32(out->scale[p], vcombine_f32(vdup_n_f32(s[2 * p]), vdup_n_f32(s[2 * p + 1])));
      CACTUS_UNROLL
      for (int h = 0; h < 2; ++h) {
        const int64x2_t first = vreinterpretq_s64_s8(row[2 * p][h]);
        const int64x2_t second = vreinterpretq_s64_s8(row[2 * p + 1][h]);
        vst1q_s8(out->q[2 * h][p], vreinterpretq_s8_s64(vzip1q_s64(first, second)));
        vst1q_s8(out->q[2 * h + 1][p], vreinterpretq_s8_s64(vzip2q_s64(first, second)));
      }
    }
  }
}

// Operand form, a group: 16 float scales; then for each half of the tile (8 rows), each 8 columns
// and each pair of rows 16 bytes: 8 columns of the first row, 8 of the second.
template <class Packed>
CACTUS_INLINE void expand(Packed w, std::int64_t groups, std::byte* operand) {
  for (std::int64_t g = 0; g < groups; ++g) {
    auto* scales = reinterpret_cast<float*>(operand);
    auto* values = reinterpret_cast<std::int8_t*>(operand + 64);
    const auto store = [&](int v, int quad, arm::Pair p) {
      std::int8_t* to = values + 256 * (quad / 2) + 64 * v + 32 * (quad % 2);
      const int32x4_t lo = vreinterpretq_s32_s8(p.lo);
      const int32x4_t hi = vreinterpretq_s32_s8(p.hi);
      vst1q_s8(to, vreinterpretq_s8_s32(vzip1q_s32(lo, hi)));
      vst1q_s8(to + 16, vreinterpretq_s8_s32(vzip2q_s32(lo, hi)));
    };
    CACTUS_UNROLL
    for (int quad = 0; quad < 4; ++quad) {
      vst1q_f32(scales + 4 * quad, w.scale(quad));
      store(0, quad, w.template load<0>(quad));
      store(1, quad, w.template load<1>(quad));
      store(2, quad, w.template load<2>(quad));
      store(3, quad, w.template load<3>(quad));
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

// 2·P tokens × 8 rows over all groups; `half` is the operand at the scales of these rows' tile plus
// `first` rows. Sums of token pair p and row pair r: (t0,r0) (t0,r1) (t1,r0) (t1,r1).
template <int P>
__attribute__((noinline)) void multiply(const float* scales, const std::int8_t* values,
                                        const TokenGroup* tokens, std::int64_t groups,
                                        std::int64_t count, float* y, std::int64_t ldy,
                                        bool accumulate) {
  float32x4_t sum[P][4];
  float* row[2 * P];
  CACTUS_UNROLL
  for (int t = 0; t < 2 * P; ++t) row[t] = y + (t < count ? t : count - 1) * ldy;
  CACTUS_UNROLL
  for (int p = 0; p < P; ++p) {
    CACTUS_UNROLL
    for (int r = 0; r < 4; ++r)
      sum[p][r] = accumulate
                      ? vcombine_f32(vld1_f32(row[2 * p] + 2 * r), vld1_f32(row[2 * p + 1] + 2 * r))
                      : vdupq_n_f32(0);
  }
  for (std::int64_t g = 0; g < groups; ++g) {
    CACTUS_MCA("BEGIN", "i8mm", 0, 2 * P, 8);
    int32x4_t acc[P][4];
    CACTUS_UNROLL
    for (int p = 0; p < P; ++p) {
      CACTUS_UNROLL
      for (int r = 0; r < 4; ++r) acc[p][r] = arm::magic_zero();
    }
    CACTUS_UNROLL
    for (int v = 0; v < 4; ++v) {
      int8x16_t a[P];
      CACTUS_UNROLL
      for (int p = 0; p < P; ++p) a[p] = vld1q_s8(tokens->q[v][p]);
      CACTUS_UNROLL
      for (int r = 0; r < 4; ++r) {
        const int8x16_t w = vld1q_s8(values + 64 * v + 16 * r);
        CACTUS_UNROLL
        for (int p = 0; p < P; ++p) acc[p][r] = vmmlaq_s32(acc[p][r], a[p], w);
      }
    }
    CACTUS_UNROLL
    for (int r = 0; r < 4; ++r) {
      const auto* two = reinterpret_cast<const double*>(scales + 2 * r);
      const float32x4_t row_scale = vreinterpretq_f32_f64(vld1q_dup_f64(two));
      CACTUS_UNROLL
      for (int p = 0; p < P; ++p)
        sum[p][r] = vfmaq_f32(sum[p][r], arm::magic_float(acc[p][r]),
                              vmulq_f32(row_scale, vld1q_f32(tokens->scale[p])));
    }
    scales += kOperandBytes / 4;
    values += kOperandBytes;
    ++tokens;
    CACTUS_MCA("END", "i8mm", 0, 2 * P, 8);
  }
  // From the last token to the first: a missing one's stores are overwritten by the real one's.
  CACTUS_UNROLL
  for (int t = 2 * P - 1; t >= 0; --t) {
    CACTUS_UNROLL
    for (int r = 0; r < 4; ++r)
      vst1_f32(row[t] + 2 * r,
               t % 2 == 0 ? vget_low_f32(sum[t / 2][r]) : vget_high_f32(sum[t / 2][r]));
  }
}

void gemm(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
          std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy, bool accumulate) {
  TokenGroup tokens[kChunkGroups];
  for (std::int64_t t = 0; t < x.count; t += kTokens) {
    const std::int64_t count = x.count - t < kTokens ? x.count - t : kTokens;
    for (std::int64_t g = 0; g < groups; g += kChunkGroups) {
      const std::int64_t n = groups - g < kChunkGroups ? groups - g : kChunkGroups;
      pair_tokens(x.q + t * x.ldq + g * kGroup, x.ldq, x.scale + t * x.ldg + g, x.ldg, count, n,
                  tokens);
      for (std::int64_t half = 0; half < 2 * tiles; ++half) {
        const std::byte* at = operand + half / 2 * operand_stride + g * kOperandBytes;
        const auto* scales = reinterpret_cast<const float*>(at) + 8 * (half % 2);
        const auto* values = reinterpret_cast<const std::int8_t*>(at + 64) + 256 * (half % 2);
        const auto f = count > 2 ? multiply<2> : multiply<1>;
        f(scales, values, tokens, n, count, y + t * ldy + 8 * half, ldy, accumulate || g > 0);
      }
    }
  }
}

// 16 products of 2 × 8 × 2 a round, each accumulator a chain of its own.
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
    for (int i = 0; i < kChains; ++i) acc[i] = vmmlaq_s32(acc[i], a, b);
  }
  CACTUS_UNROLL
  for (int i = 1; i < kChains; ++i) acc[0] = vaddq_s32(acc[0], acc[i]);
  *sink += vaddvq_s32(acc[0]);
  return n * kChains * 32;
}

}  // namespace

void fill_matmul(Table& t) {
  t.expand_q4 = expand_q4;
  t.expand_q8 = expand_q8;
  t.gemm = gemm;
  t.peak_int8 = peak_int8;
}

}  // namespace cactus::kernels::i8mm
