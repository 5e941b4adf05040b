// Float products: 4 rows × 4 tokens of 16 partial sums each, whatever the block, so that a result
// does not depend on it.
#include <immintrin.h>

#include "kernels/avx512vnni/avx512vnni.h"

namespace cactus::kernels::avx512vnni {
namespace {

#define CACTUS_INLINE inline __attribute__((always_inline))

struct F32 {
  using type = float;
  static CACTUS_INLINE __m512 load(const float* p, __mmask16 m) {
    return _mm512_maskz_loadu_ps(m, p);
  }
};
struct F16 {
  using type = std::uint16_t;
  static CACTUS_INLINE __m512 load(const std::uint16_t* p, __mmask16 m) {
    return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(m, p));
  }
};
struct Bf16 {
  using type = std::uint16_t;
  static CACTUS_INLINE __m512 load(const std::uint16_t* p, __mmask16 m) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
  }
};

template <class W, int R, int M>
CACTUS_INLINE void block(const typename W::type* w, std::int64_t ldw, std::int64_t cols,
                         const float* x, std::int64_t ldx, float* y, std::int64_t ldy) {
  __m512 acc[M][R];
  for (int m = 0; m < M; ++m)
    for (int r = 0; r < R; ++r) acc[m][r] = _mm512_setzero_ps();
  for (std::int64_t c = 0; c < cols; c += 16) {
    const std::int64_t left = cols - c;
    const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffff : (1 << left) - 1);
    __m512 xs[M];
    for (int m = 0; m < M; ++m) xs[m] = _mm512_maskz_loadu_ps(mask, x + m * ldx + c);
    for (int r = 0; r < R; ++r) {
      if (M == 1) {  // decode streams the weights: the same place in the next two blocks of rows
        for (int ahead = 1; ahead <= 2; ++ahead)
          _mm_prefetch(reinterpret_cast<const char*>(w + (r + ahead * R) * ldw + c), _MM_HINT_T1);
      }
      const __m512 v = W::load(w + r * ldw + c, mask);
      for (int m = 0; m < M; ++m) acc[m][r] = _mm512_fmadd_ps(v, xs[m], acc[m][r]);
    }
  }
  for (int m = 0; m < M; ++m)
    for (int r = 0; r < R; ++r) y[m * ldy + r] = _mm512_reduce_add_ps(acc[m][r]);
}

template <class W>
void matmul(const typename W::type* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
            const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    std::int64_t t = 0;
    for (; t + 4 <= count; t += 4)
      block<W, 4, 4>(w + r * ldw, ldw, cols, x + t * ldx, ldx, y + t * ldy + r, ldy);
    for (; t < count; ++t)
      block<W, 4, 1>(w + r * ldw, ldw, cols, x + t * ldx, ldx, y + t * ldy + r, ldy);
  }
  for (; r < rows; ++r)
    for (std::int64_t t = 0; t < count; ++t)
      block<W, 1, 1>(w + r * ldw, ldw, cols, x + t * ldx, ldx, y + t * ldy + r, ldy);
}

}  // namespace

void fill_float(Table& t) {
  t.matmul_f32 = matmul<F32>;
  t.matmul_f16 = matmul<F16>;
  t.matmul_bf16 = matmul<Bf16>;
}

}  // namespace cactus::kernels::avx512vnni
