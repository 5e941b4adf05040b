// Attention with SDOT: scores, and weighted values.
#include "kernels/dotprod/fill.h"
#include "kernels/dotprod/values.h"
#include "kernels/neon/scores.h"

namespace cactus::kernels::dotprod {
namespace {

struct Scores {
  CACTUS_INLINE int32x4_t add(int32x4_t acc, int8x16_t a, int8x16_t b) {
    return vdotq_s32(acc, a, b);
  }
};

// Registers 0 … 3 of an arrangement: keys 0 … 3 of four columns each; 4 … 7: keys 4 … 7.
struct Values {
  struct Sums {
    int32x4_t high[4];
    int32x4_t low[4];
  };
  CACTUS_INLINE Sums zero() {
    const int32x4_t z = vdupq_n_s32(0);
    return {{z, z, z, z}, {z, z, z, z}};
  }
  CACTUS_INLINE void arrange(const arm::FourKeys& first, const arm::FourKeys& second,
                             std::int8_t* out) {
    CACTUS_UNROLL
    for (int i = 0; i < 4; ++i) {
      vst1q_s8(out + 16 * i, first.columns[i]);
      vst1q_s8(out + 64 + 16 * i, second.columns[i]);
    }
  }
  CACTUS_INLINE void add(Sums& acc, int i, int8x16_t v, int8x16_t w) {
    const int q = i % 4;
    acc.high[q] =
        i < 4 ? vdotq_laneq_s32(acc.high[q], v, w, 0) : vdotq_laneq_s32(acc.high[q], v, w, 1);
    acc.low[q] =
        i < 4 ? vdotq_laneq_s32(acc.low[q], v, w, 2) : vdotq_laneq_s32(acc.low[q], v, w, 3);
  }
  CACTUS_INLINE int32x4_t total(const Sums& acc, int q) {
    return vaddq_s32(vshlq_n_s32(acc.high[q], 8), acc.low[q]);
  }
};

}  // namespace

void fill_attention(Table& t) {
  t.qk_q8 = arm::qk_q8<Scores>;
  t.pv_q8 = arm::pv_q8<Values>;
}

}  // namespace cactus::kernels::dotprod
