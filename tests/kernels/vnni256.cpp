// The algorithm of kernels/avxvnni with the EVEX encoding of its instructions, so that CPUs with
// AVX-512 VNNI but without AVX-VNNI can test it. Compiled with AVX-512 flags: called only where
// they run.
#include "kernels/avx2/attention_256.h"
#include "kernels/avx2/int8_256.h"

namespace cactus::kernels::test {
namespace {

struct Dot {
  static constexpr bool kUnsigned = true;
  using Weights = __m256i;
  static Weights prepare(__m256i w) { return w; }
  static __m256i add(__m256i sum, Weights w, __m256i a) { return _mm256_dpbusd_epi32(sum, w, a); }

  using Keys = __m256i;
  static __m256i add8(__m256i sum, Keys k, __m256i q) { return _mm256_dpbusd_epi32(sum, k, q); }
  static __m256i add16(__m256i sum, __m256i v, __m256i w) { return _mm256_dpwssd_epi32(sum, v, w); }
};

}  // namespace

void fill_vnni256(Table& t) {
  Int8Products256<Dot>::fill(t);
  AttentionInt8<Dot>::fill(t);
}

}  // namespace cactus::kernels::test
