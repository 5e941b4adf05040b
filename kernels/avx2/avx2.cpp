#include "kernels/avx2/avx2.h"

namespace cactus::kernels {

void fill_avx2(Table& t) {
  avx2::fill_int8(t);
  avx2::fill_float(t);
  avx2::fill_rows(t);
  avx2::fill_attention(t);
}

}  // namespace cactus::kernels
