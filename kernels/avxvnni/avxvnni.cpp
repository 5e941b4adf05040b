// int8 products and int8 attention with vpdpbusd and vpdpwssd in their VEX encoding. The code is
// avx2/int8_256.h and avx2/attention_256.h; a test compiles the same with the EVEX encoding
// (tests/kernels/vnni256.cpp), for CPUs that have only that one.
#include "kernels/avx2/attention_256.h"
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

  using Keys = __m256i;
  static __m256i add8(__m256i sum, Keys k, __m256i q) { return _mm256_dpbusd_avx_epi32(sum, k, q); }
  static __m256i add16(__m256i sum, __m256i v, __m256i w) {
    return _mm256_dpwssd_avx_epi32(sum, v, w);
  }
};

}  // namespace

void fill_avxvnni(Table& t) {
  Int8Products256<Dot>::fill(t);
  AttentionInt8<Dot>::fill(t);
}

}  // namespace cactus::kernels
