// Attention with SMMLA: a row's high and low weight bytes are the two rows it multiplies by two
// columns of values.
#include "kernels/dotprod/values.h"
#include "kernels/i8mm/fill.h"

namespace cactus::kernels::i8mm {
namespace {

// Register i of an arrangement: 8 keys of column 2i, 8 keys of column 2i+1.
struct Values {
  struct Sums {
    int32x4_t pair[8];  // high·2i, high·(2i+1), low·2i, low·(2i+1)
  };
  CACTUS_INLINE Sums zero() {
    const int32x4_t z = vdupq_n_s32(0);
    return {{z, z, z, z, z, z, z, z}};
  }
  CACTUS_INLINE void arrange(const arm::FourKeys& first, const arm::FourKeys& second,
                             std::int8_t* out) {
    CACTUS_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int32x4_t a = vreinterpretq_s32_s8(first.columns[i]);
      const int32x4_t b = vreinterpretq_s32_s8(second.columns[i]);
      vst1q_s8(out + 32 * i, vreinterpretq_s8_s32(vzip1q_s32(a, b)));
      vst1q_s8(out + 32 * i + 16, vreinterpretq_s8_s32(vzip2q_s32(a, b)));
    }
  }
  CACTUS_INLINE void add(Sums& acc, int i, int8x16_t v, int8x16_t w) {
    acc.pair[i] = vmmlaq_s32(acc.pair[i], w, v);
  }
  CACTUS_INLINE int32x4_t total(const Sums& acc, int q) {
    const int64x2_t a = vreinterpretq_s64_s32(acc.pair[2 * q]);
    const int64x2_t b = vreinterpretq_s64_s32(acc.pair[2 * q + 1]);
    const int32x4_t high = vreinterpretq_s32_s64(vzip1q_s64(a, b));
    const int32x4_t low = vreinterpretq_s32_s64(vzip2q_s64(a, b));
    return vaddq_s32(vshlq_n_s32(high, 8), low);
  }
};

}  // namespace

void fill_attention(Table& t) {
  t.pv_q8 = arm::pv_q8<Values>;
}

}  // namespace cactus::kernels::i8mm
