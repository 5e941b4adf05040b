// int8 products without a dot-product instruction: vpmaddubsw multiplies unsigned by signed bytes
// and saturates pair sums at 16 bits, so the sign of each weight moves to the activation and
// |weight| is the unsigned side: at most 2·128·127 = 32,512.
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/int8_256.h"

namespace cactus::kernels::avx2 {
namespace {

struct Dot {
  static constexpr bool kUnsigned = false;
  struct Weights {
    __m256i sign;
    __m256i size;
  };
  static Weights prepare(__m256i w) { return {w, _mm256_abs_epi8(w)}; }
  static __m256i add(__m256i sum, Weights w, __m256i a) {
    const __m256i pairs = _mm256_maddubs_epi16(w.size, _mm256_sign_epi8(a, w.sign));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

// Four streams at once: on small pages one alone waits for address translations.
std::uint64_t peak_read(const std::byte* p, std::int64_t bytes) {
  __m256i sum[4] = {};
  const std::int64_t quarter = bytes / 4;
  for (std::int64_t i = 0; i < quarter; i += 128) {
    for (int s = 0; s < 4; ++s) {
      const std::byte* at = p + s * quarter + i;
      _mm_prefetch(reinterpret_cast<const char*>(at) + 32768, _MM_HINT_T1);
      for (int l = 0; l < 4; ++l)
        sum[l] = _mm256_xor_si256(sum[l],
                                  _mm256_load_si256(reinterpret_cast<const __m256i*>(at + 32 * l)));
    }
  }
  const __m256i all =
      _mm256_xor_si256(_mm256_xor_si256(sum[0], sum[1]), _mm256_xor_si256(sum[2], sum[3]));
  alignas(32) std::uint64_t lanes[4];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), all);
  return lanes[0] ^ lanes[1] ^ lanes[2] ^ lanes[3];
}

}  // namespace

void fill_int8(Table& t) {
  Int8Products256<Dot>::fill(t);
  t.peak_read = peak_read;
}

}  // namespace cactus::kernels::avx2
