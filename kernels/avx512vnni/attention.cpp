// Attention over f16 and f32 rows, and the online softmax. For int8 rows see attention_int8.cpp.
#include "kernels/avx512vnni/avx512vnni.h"
#include "kernels/avx512vnni/math.h"

namespace cactus::kernels::avx512vnni {
namespace {

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

// R queries × P keys, 16 partial sums each.
template <class T, int R, int P>
CACTUS_INLINE void qk_block(const typename T::type* k, std::int64_t stride, std::int64_t dim,
                            const float* q, float* s, std::int64_t lds) {
  __m512 acc[R][P];
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) acc[r][p] = _mm512_setzero_ps();
  for (std::int64_t d = 0; d < dim; d += 16) {
    const __mmask16 m = first_lanes(dim - d);
    __m512 keys[P];
    for (int p = 0; p < P; ++p) keys[p] = T::load(k + p * stride + d, m);
    for (int r = 0; r < R; ++r) {
      const __m512 v = _mm512_maskz_loadu_ps(m, q + r * dim + d);
      for (int p = 0; p < P; ++p) acc[r][p] = _mm512_fmadd_ps(v, keys[p], acc[r][p]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) s[r * lds + p] = _mm512_reduce_add_ps(acc[r][p]);
}

template <class T>
void qk(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  const auto* keys = static_cast<const typename T::type*>(k.data);
  std::int64_t p = 0;
  for (; p + 4 <= k.n; p += 4) {
    std::int64_t i = 0;
    for (; i + 4 <= nq; i += 4)
      qk_block<T, 4, 4>(keys + p * k.stride, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
    for (; i < nq; ++i)
      qk_block<T, 1, 4>(keys + p * k.stride, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
  }
  for (; p < k.n; ++p)
    for (std::int64_t i = 0; i < nq; ++i)
      qk_block<T, 1, 1>(keys + p * k.stride, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
}

// R rows × 64 dimensions.
template <class T, int R>
CACTUS_INLINE void pv_block(const typename T::type* v, std::int64_t stride, std::int64_t n,
                            std::int64_t left, const float* prob, std::int64_t ldp,
                            const float* shrink, float* o, std::int64_t ldo) {
  constexpr int kVectors = 4;
  __mmask16 m[kVectors];
  __m512 acc[R][kVectors];
  for (int c = 0; c < kVectors; ++c) m[c] = first_lanes(left - 16 * c);
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < kVectors; ++c)
      acc[r][c] = _mm512_mul_ps(_mm512_maskz_loadu_ps(m[c], o + r * ldo + 16 * c),
                                _mm512_set1_ps(shrink[r]));
  for (std::int64_t p = 0; p < n; ++p) {
    __m512 values[kVectors];
    for (int c = 0; c < kVectors; ++c) values[c] = T::load(v + p * stride + 16 * c, m[c]);
    for (int r = 0; r < R; ++r) {
      const __m512 weight = _mm512_set1_ps(prob[r * ldp + p]);
      for (int c = 0; c < kVectors; ++c) acc[r][c] = _mm512_fmadd_ps(weight, values[c], acc[r][c]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < kVectors; ++c) _mm512_mask_storeu_ps(o + r * ldo + 16 * c, m[c], acc[r][c]);
}

template <class T>
void pv(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq, const float* shrink,
        float* o, std::int64_t ldo) {
  const auto* values = static_cast<const typename T::type*>(v.data);
  for (std::int64_t d = 0; d < v.dim; d += 64) {
    std::int64_t i = 0;
    for (; i + 4 <= nq; i += 4)
      pv_block<T, 4>(values + d, v.stride, v.n, v.dim - d, prob + i * ldp, ldp, shrink + i,
                     o + i * ldo + d, ldo);
    for (; i < nq; ++i)
      pv_block<T, 1>(values + d, v.stride, v.n, v.dim - d, prob + i * ldp, ldp, shrink + i,
                     o + i * ldo + d, ldo);
  }
}

void softmax(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n, const std::int32_t* low,
             const std::int32_t* high, float* max, float* sum, float* shrink) {
  // The new maxima first: the factors of 16 rows then cost one exp.
  for (std::int64_t first = 0; first < rows; first += 16) {
    const __mmask16 m = first_lanes(rows - first);
    const std::int64_t last = rows - first < 16 ? rows : first + 16;
    alignas(64) float before[16];
    _mm512_store_ps(before, _mm512_maskz_loadu_ps(m, max + first));
    for (std::int64_t i = first; i < last; ++i) {
      __m512 best = _mm512_set1_ps(max[i]);
      for (std::int64_t c = low[i] / 16 * 16; c < high[i]; c += 16) {
        const auto visible =
            static_cast<__mmask16>(first_lanes(high[i] - c) & ~first_lanes(low[i] - c));
        best = _mm512_mask_max_ps(best, visible, _mm512_maskz_loadu_ps(visible, s + i * lds + c),
                                  best);
      }
      max[i] = _mm512_reduce_max_ps(best);
    }
    const __m512 after = _mm512_maskz_loadu_ps(m, max + first);
    const __m512 old = _mm512_load_ps(before);
    __m512 factor = exp(_mm512_sub_ps(old, after));
    // Equal: also while both are -inf, where nothing was visible yet.
    factor = _mm512_mask_mov_ps(factor, _mm512_cmp_ps_mask(old, after, _CMP_EQ_OQ),
                                _mm512_set1_ps(1.0F));
    _mm512_mask_storeu_ps(shrink + first, m, factor);
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = s + i * lds;
    const __m512 shift = _mm512_set1_ps(max[i]);
    __m512 total = _mm512_setzero_ps();
    for (std::int64_t c = 0; c < n; c += 16) {
      const __mmask16 inside = first_lanes(n - c);
      const auto visible =
          static_cast<__mmask16>(first_lanes(high[i] - c) & ~first_lanes(low[i] - c));
      const __m512 x = _mm512_maskz_loadu_ps(visible, row + c);
      const __m512 e = _mm512_maskz_mov_ps(visible, exp(_mm512_sub_ps(x, shift)));
      _mm512_mask_storeu_ps(row + c, inside, e);
      total = _mm512_add_ps(total, e);
    }
    sum[i] = sum[i] * shrink[i] + _mm512_reduce_add_ps(total);
  }
}

}  // namespace

void fill_attention(Table& t) {
  t.qk_f16 = qk<F16>;
  t.qk_f32 = qk<F32>;
  t.softmax = softmax;
  t.pv_f16 = pv<F16>;
  t.pv_f32 = pv<F32>;
}

}  // namespace cactus::kernels::avx512vnni
