#include "kernels/avx512vnni/avx512vnni.h"

namespace cactus::kernels {

void fill_avx512vnni(Table& t) {
  avx512vnni::fill_int8(t);
  avx512vnni::fill_float(t);
  avx512vnni::fill_rows(t);
  avx512vnni::fill_attention(t);
  avx512vnni::fill_attention_int8(t);
}

}  // namespace cactus::kernels
