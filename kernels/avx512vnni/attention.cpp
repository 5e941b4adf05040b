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

constexpr std::int64_t kNear = 16;  // queries that stay in the first-level cache

template <class T>
void qk(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  const auto* keys = static_cast<const typename T::type*>(k.data);
  for (std::int64_t first = 0; first < nq; first += kNear) {
    const std::int64_t last = nq - first < kNear ? nq : first + kNear;
    std::int64_t p = 0;
    for (; p + 4 <= k.n; p += 4) {
      const auto* at = keys + p * k.stride;
      std::int64_t i = first;
      for (; i + 4 <= last; i += 4)
        qk_block<T, 4, 4>(at, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
      for (; i < last; ++i)
        qk_block<T, 1, 4>(at, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
    }
    for (; p < k.n; ++p)
      for (std::int64_t i = first; i < last; ++i)
        qk_block<T, 1, 1>(keys + p * k.stride, k.stride, k.dim, q + i * k.dim, s + i * lds + p,
                          lds);
  }
}

// R rows × 32 dimensions of values [n, 32].
template <int R>
void pv_rows(const float* values, std::int64_t n, std::int64_t left, const float* prob,
             std::int64_t ldp, const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  const __mmask16 m[2] = {first_lanes(left), first_lanes(left - 16)};
  __m512 acc[R][2];
  for (int r = 0; r < R; ++r) acc[r][0] = acc[r][1] = _mm512_setzero_ps();
  for (std::int64_t p = 0; p < n; ++p) {
    const __m512 v0 = _mm512_load_ps(values + 32 * p);
    const __m512 v1 = _mm512_load_ps(values + 32 * p + 16);
    for (int r = 0; r < R; ++r) {
      const __m512 weight = _mm512_set1_ps(prob[r * ldp + p]);
      acc[r][0] = _mm512_fmadd_ps(weight, v0, acc[r][0]);
      acc[r][1] = _mm512_fmadd_ps(weight, v1, acc[r][1]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int h = 0; h < 2; ++h) {
      float* to = o + r * ldo + 16 * h;
      const __m512 old = _mm512_mul_ps(_mm512_maskz_loadu_ps(m[h], to), _mm512_set1_ps(shrink[r]));
      _mm512_mask_storeu_ps(to, m[h], _mm512_fmadd_ps(acc[r][h], _mm512_set1_ps(gain[r]), old));
    }
  }
}

template <class T>
void pv(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq, const float* shrink,
        const float* gain, float* o, std::int64_t ldo) {
  alignas(64) float values[32 * kMaxKeys];  // rows of a cache lie a power of two apart: copy them
  const auto* data = static_cast<const typename T::type*>(v.data);
  for (std::int64_t d = 0; d < v.dim; d += 32) {
    const std::int64_t left = v.dim - d;
    for (std::int64_t p = 0; p < v.n; ++p)
      for (std::int64_t h = 0; h < 2; ++h)
        _mm512_store_ps(values + 32 * p + 16 * h,
                        T::load(data + p * v.stride + d + 16 * h, first_lanes(left - 16 * h)));
    std::int64_t i = 0;
    const auto rows = [&](auto fn, std::int64_t count) {
      fn(values, v.n, left, prob + i * ldp, ldp, shrink + i, gain + i, o + i * ldo + d, ldo);
      i += count;
    };
    while (i + 8 <= nq) rows(pv_rows<8>, 8);
    if (i + 4 <= nq) rows(pv_rows<4>, 4);
    while (i < nq) rows(pv_rows<1>, 1);
  }
}

// Only what is visible counts, from its own first column on: the lanes of a sum, and so its bits,
// do not depend on what else is in the block.
CACTUS_INLINE float max_of(const float* x, std::int64_t n) {
  __m512 best = _mm512_set1_ps(-__builtin_inff());
  for (std::int64_t c = 0; c < n; c += 16) {
    const __mmask16 m = first_lanes(n - c);
    best = _mm512_mask_max_ps(best, m, _mm512_maskz_loadu_ps(m, x + c), best);  // NaN never wins
  }
  return _mm512_reduce_max_ps(best);
}

CACTUS_INLINE float exp_sum(float* x, std::int64_t n, float shift) {
  __m512 total = _mm512_setzero_ps();
  for (std::int64_t c = 0; c < n; c += 16) {
    const __mmask16 m = first_lanes(n - c);
    const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(m, x + c), _mm512_set1_ps(shift));
    const __m512 e = exp(d);
    _mm512_mask_storeu_ps(x + c, m, e);
    total = _mm512_mask_add_ps(total, m, total, e);
  }
  return _mm512_reduce_add_ps(total);
}

CACTUS_INLINE void clear(float* x, std::int64_t n) {
  for (std::int64_t c = 0; c < n; c += 16)
    _mm512_mask_storeu_ps(x + c, first_lanes(n - c), _mm512_setzero_ps());
}

// Maxima first, then sums, 16 rows at a time: their factors then cost two exp.
void softmax(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n, const std::int32_t* low,
             const std::int32_t* high, float* max, float* sum, float* shrink, float* gain) {
  for (std::int64_t first = 0; first < rows; first += 16) {
    const std::int64_t count = rows - first < 16 ? rows - first : 16;
    alignas(64) float best[16];
    alignas(64) float total[16];
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t i = first + r;
      float* row = s + i * lds;
      const std::int64_t visible = high[i] - low[i];
      best[r] = max_of(row + low[i], visible);
      total[r] = exp_sum(row + low[i], visible, best[r]);
      clear(row, low[i]);
      clear(row + high[i], n - high[i]);
    }
    const __mmask16 m = first_lanes(count);
    const __m512 old = _mm512_maskz_loadu_ps(m, max + first);
    const __m512 block = _mm512_maskz_load_ps(m, best);
    const __m512 now = _mm512_max_ps(old, block);
    // Equal: also where both are -inf, before anything was visible.
    const __mmask16 kept = _mm512_cmp_ps_mask(old, now, _CMP_EQ_OQ);
    const __m512 s0 = _mm512_mask_mov_ps(exp(_mm512_sub_ps(old, now)), kept, _mm512_set1_ps(1.0F));
    const __m512i seen = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(m, high + first),
                                          _mm512_maskz_loadu_epi32(m, low + first));
    const __m512 g0 =
        _mm512_maskz_mov_ps(_mm512_test_epi32_mask(seen, seen), exp(_mm512_sub_ps(block, now)));
    const __m512 kept_sum = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, sum + first), s0);
    const __m512 new_sum = _mm512_mul_ps(_mm512_maskz_load_ps(m, total), g0);
    _mm512_mask_storeu_ps(sum + first, m, _mm512_add_ps(kept_sum, new_sum));
    _mm512_mask_storeu_ps(max + first, m, now);
    _mm512_mask_storeu_ps(shrink + first, m, s0);
    _mm512_mask_storeu_ps(gain + first, m, g0);
  }
}

void merge(const float* part, float gain, float shrink, std::int64_t n, float* o) {
  for (std::int64_t i = 0; i < n; i += 16) {
    const __mmask16 m = first_lanes(n - i);
    const __m512 old = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, o + i), _mm512_set1_ps(shrink));
    const __m512 v = _mm512_maskz_loadu_ps(m, part + i);
    _mm512_mask_storeu_ps(o + i, m, _mm512_fmadd_ps(v, _mm512_set1_ps(gain), old));
  }
}

}  // namespace

void fill_attention(Table& t) {
  t.qk_f16 = qk<F16>;
  t.qk_f32 = qk<F32>;
  t.softmax = softmax;
  t.pv_f16 = pv<F16>;
  t.merge = merge;
  t.pv_f32 = pv<F32>;
}

}  // namespace cactus::kernels::avx512vnni
