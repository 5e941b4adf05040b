// Attention scores with SDOT.
#include "kernels/dotprod/fill.h"
#include "kernels/neon/scores.h"

namespace cactus::kernels::dotprod {
namespace {

struct Kernel {
  CACTUS_INLINE int32x4_t add(int32x4_t acc, int8x16_t a, int8x16_t b) {
    return vdotq_s32(acc, a, b);
  }
};

}  // namespace

void fill_attention(Table& t) {
  t.qk_q8 = arm::qk_q8<Kernel>;
}

}  // namespace cactus::kernels::dotprod
