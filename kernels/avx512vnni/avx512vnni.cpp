#include "kernels/avx512vnni/avx512vnni.h"

namespace cactus::kernels {

void fill_avx512vnni(Table& t) {
  avx512vnni::fill_int8(t);
  avx512vnni::fill_float(t);
}

}  // namespace cactus::kernels
