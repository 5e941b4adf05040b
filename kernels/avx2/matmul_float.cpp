// Float products: 3 rows × 3 tokens of 8 partial sums each, whatever the block, so that a result
// does not depend on it.
#include <immintrin.h>

#include "kernels/avx2/avx2.h"

namespace cactus::kernels::avx2 {
namespace {

struct F32 {
  using type = float;
  static __m256 load(const float* p) { return _mm256_loadu_ps(p); }
};
struct F16 {
  using type = std::uint16_t;
  static __m256 load(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
};
struct Bf16 {
  using type = std::uint16_t;
  static __m256 load(const std::uint16_t* p) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }
};

// The first `left` (1 … 7) of 8 elements, zeros behind them.
template <class W>
__m256 load_some(const typename W::type* p, std::int64_t left) {
  typename W::type all[8] = {};
  for (std::int64_t i = 0; i < left; ++i) all[i] = p[i];
  return W::load(all);
}

// ((0+4)+(2+6)) + ((1+5)+(3+7)) of the lanes.
float sum_of(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

template <class W, int R, int M>
void block(const typename W::type* w, std::int64_t ldw, std::int64_t cols, const float* x,
           std::int64_t ldx, float* y, std::int64_t ldy) {
  __m256 acc[M][R];
  for (int m = 0; m < M; ++m)
    for (int r = 0; r < R; ++r) acc[m][r] = _mm256_setzero_ps();
  std::int64_t c = 0;
  for (; c + 8 <= cols; c += 8) {
    __m256 xs[M];
    for (int m = 0; m < M; ++m) xs[m] = _mm256_loadu_ps(x + m * ldx + c);
    for (int r = 0; r < R; ++r) {
      if (M == 1) {  // decode streams the weights: the same place in the next two blocks of rows
        for (int ahead = 1; ahead <= 2; ++ahead)
          _mm_prefetch(reinterpret_cast<const char*>(w + (r + ahead * R) * ldw + c), _MM_HINT_T1);
      }
      const __m256 v = W::load(w + r * ldw + c);
      for (int m = 0; m < M; ++m) acc[m][r] = _mm256_fmadd_ps(v, xs[m], acc[m][r]);
    }
  }
  if (c < cols) {
    for (int m = 0; m < M; ++m) {
      const __m256 xs = load_some<F32>(x + m * ldx + c, cols - c);
      for (int r = 0; r < R; ++r)
        acc[m][r] = _mm256_fmadd_ps(load_some<W>(w + r * ldw + c, cols - c), xs, acc[m][r]);
    }
  }
  for (int m = 0; m < M; ++m)
    for (int r = 0; r < R; ++r) y[m * ldy + r] = sum_of(acc[m][r]);
}

template <class W>
void matmul(const typename W::type* w, std::int64_t ldw, std::int64_t rows, std::int64_t cols,
            const float* x, std::int64_t ldx, std::int64_t count, float* y, std::int64_t ldy) {
  std::int64_t r = 0;
  for (; r + 3 <= rows; r += 3) {
    std::int64_t t = 0;
    for (; t + 3 <= count; t += 3)
      block<W, 3, 3>(w + r * ldw, ldw, cols, x + t * ldx, ldx, y + t * ldy + r, ldy);
    for (; t < count; ++t)
      block<W, 3, 1>(w + r * ldw, ldw, cols, x + t * ldx, ldx, y + t * ldy + r, ldy);
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

}  // namespace cactus::kernels::avx2
