// int8 products with vpdpbusd in its VEX encoding. The code is avx2/int8_256.h; a test compiles the
// same with the EVEX encoding (tests/kernels/vnni256.cpp), for CPUs that have only that one.
#include "kernels/avx2/int8_256.h"

namespace cactus::kernels {
namespace {

struct Dot {
  static constexpr bool kUnsigned = true;
  using Weights = __m256i;
  static Weights prepare(__m256i w) { return w; }
  static __m256i add(__m256i sum, Weights w, __m256i a) {
    return _mm256_dpbusd_avx_epi32(sum, w, a);
  }
};

}  // namespace

void fill_avxvnni(Table& t) {
  Int8Products256<Dot>::fill(t);
}

}  // namespace cactus::kernels
