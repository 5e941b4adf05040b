// Attention over f16 and f32 rows, the online softmax, and the int8 rows of attention_256.h without
// a dot-product instruction.
#include "kernels/avx2/attention_256.h"
#include "kernels/avx2/avx2.h"
#include "kernels/avx2/math.h"

namespace cactus::kernels::avx2 {
namespace {

struct F32 {
  using type = float;
  static CACTUS_INLINE __m256 load(const float* p) { return _mm256_loadu_ps(p); }
  static CACTUS_INLINE __m256 load(const float* p, std::int64_t left) {
    return load_some(p, first_lanes(left));
  }
};
struct F16 {
  using type = std::uint16_t;
  static CACTUS_INLINE __m256 load(const std::uint16_t* p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static CACTUS_INLINE __m256 load(const std::uint16_t* p, std::int64_t left) {
    return _mm256_cvtph_ps(_mm256_castsi256_si128(load_bytes(p, 2 * (left < 8 ? left : 8))));
  }
};

// R queries × P keys, 8 partial sums each.
template <class T, int R, int P>
CACTUS_INLINE void qk_block(const typename T::type* k, std::int64_t stride, std::int64_t dim,
                            const float* q, float* s, std::int64_t lds) {
  __m256 acc[R][P];
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) acc[r][p] = _mm256_setzero_ps();
  std::int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    __m256 keys[P];
    for (int p = 0; p < P; ++p) keys[p] = T::load(k + p * stride + d);
    for (int r = 0; r < R; ++r) {
      const __m256 v = _mm256_loadu_ps(q + r * dim + d);
      for (int p = 0; p < P; ++p) acc[r][p] = _mm256_fmadd_ps(v, keys[p], acc[r][p]);
    }
  }
  if (d < dim) {
    for (int p = 0; p < P; ++p) {
      const __m256 key = T::load(k + p * stride + d, dim - d);
      for (int r = 0; r < R; ++r)
        acc[r][p] = _mm256_fmadd_ps(F32::load(q + r * dim + d, dim - d), key, acc[r][p]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int p = 0; p < P; ++p) s[r * lds + p] = add_lanes(acc[r][p]);
}

constexpr std::int64_t kNear = 12;  // queries that stay in the first-level cache

template <class T>
void qk(const KvRows& k, const float* q, std::int64_t nq, float* s, std::int64_t lds) {
  const auto* keys = static_cast<const typename T::type*>(k.data);
  for (std::int64_t first = 0; first < nq; first += kNear) {
    const std::int64_t last = nq - first < kNear ? nq : first + kNear;
    std::int64_t p = 0;
    for (; p + 3 <= k.n; p += 3) {
      const auto* at = keys + p * k.stride;
      std::int64_t i = first;
      for (; i + 3 <= last; i += 3)
        qk_block<T, 3, 3>(at, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
      for (; i < last; ++i)
        qk_block<T, 1, 3>(at, k.stride, k.dim, q + i * k.dim, s + i * lds + p, lds);
    }
    for (; p < k.n; ++p)
      for (std::int64_t i = first; i < last; ++i)
        qk_block<T, 1, 1>(keys + p * k.stride, k.stride, k.dim, q + i * k.dim, s + i * lds + p,
                          lds);
  }
}

// R rows × 16 dimensions of values [n, 16].
template <int R>
void pv_rows(const float* values, std::int64_t n, std::int64_t left, const float* prob,
             std::int64_t ldp, const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  const __m256i m[2] = {first_lanes(left), first_lanes(left - 8)};
  __m256 acc[R][2];
  for (int r = 0; r < R; ++r) acc[r][0] = acc[r][1] = _mm256_setzero_ps();
  for (std::int64_t p = 0; p < n; ++p) {
    const __m256 v0 = _mm256_load_ps(values + 16 * p);
    const __m256 v1 = _mm256_load_ps(values + 16 * p + 8);
    for (int r = 0; r < R; ++r) {
      const __m256 weight = _mm256_set1_ps(prob[r * ldp + p]);
      acc[r][0] = _mm256_fmadd_ps(weight, v0, acc[r][0]);
      acc[r][1] = _mm256_fmadd_ps(weight, v1, acc[r][1]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int h = 0; h < 2; ++h) {
      float* to = o + r * ldo + 8 * h;
      const __m256 old = _mm256_mul_ps(load_some(to, m[h]), _mm256_set1_ps(shrink[r]));
      _mm256_maskstore_ps(to, m[h], _mm256_fmadd_ps(acc[r][h], _mm256_set1_ps(gain[r]), old));
    }
  }
}

template <class T>
void pv(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq, const float* shrink,
        const float* gain, float* o, std::int64_t ldo) {
  alignas(32) float values[16 * kMaxKeys];  // rows of a cache lie a power of two apart: copy them
  const auto* data = static_cast<const typename T::type*>(v.data);
  for (std::int64_t d = 0; d < v.dim; d += 16) {
    const std::int64_t left = v.dim - d;
    for (std::int64_t p = 0; p < v.n; ++p) {
      const auto* at = data + p * v.stride + d;
      const __m256 v0 = left >= 8 ? T::load(at) : T::load(at, left);
      const __m256 v1 = left >= 16 ? T::load(at + 8)
                        : left > 8 ? T::load(at + 8, left - 8)
                                   : _mm256_setzero_ps();
      _mm256_store_ps(values + 16 * p, v0);
      _mm256_store_ps(values + 16 * p + 8, v1);
    }
    std::int64_t i = 0;
    const auto rows = [&](auto fn, std::int64_t count) {
      fn(values, v.n, left, prob + i * ldp, ldp, shrink + i, gain + i, o + i * ldo + d, ldo);
      i += count;
    };
    while (i + 4 <= nq) rows(pv_rows<4>, 4);
    while (i < nq) rows(pv_rows<1>, 1);
  }
}

// Only what is visible counts, from its own first column on: the lanes of a sum, and so its bits,
// do not depend on what else is in the block.
CACTUS_INLINE float max_of(const float* x, std::int64_t n) {
  const __m256 none = _mm256_set1_ps(-__builtin_inff());
  __m256 best = none;
  std::int64_t c = 0;
  for (; c + 8 <= n; c += 8) best = _mm256_max_ps(_mm256_loadu_ps(x + c), best);
  if (c < n) {
    const __m256i m = first_lanes(n - c);
    best = _mm256_max_ps(_mm256_blendv_ps(none, load_some(x + c, m), as_float(m)), best);
  }
  return max_lanes(best);
}

CACTUS_INLINE float exp_sum(float* x, std::int64_t n, float shift) {
  const __m256 by = _mm256_set1_ps(shift);
  __m256 total = _mm256_setzero_ps();
  std::int64_t c = 0;
  for (; c + 8 <= n; c += 8) {
    const __m256 e = exp(_mm256_sub_ps(_mm256_loadu_ps(x + c), by));
    _mm256_storeu_ps(x + c, e);
    total = _mm256_add_ps(total, e);
  }
  if (c < n) {
    const __m256i m = first_lanes(n - c);
    const __m256 e = _mm256_and_ps(exp(_mm256_sub_ps(load_some(x + c, m), by)), as_float(m));
    _mm256_maskstore_ps(x + c, m, e);
    total = _mm256_add_ps(total, e);
  }
  return add_lanes(total);
}

CACTUS_INLINE float exp_of(float x) {
  return _mm256_cvtss_f32(exp(_mm256_set1_ps(x)));
}

void softmax(float* s, std::int64_t lds, std::int64_t rows, std::int64_t n, const std::int32_t* low,
             const std::int32_t* high, float* max, float* sum, float* shrink, float* gain) {
  for (std::int64_t i = 0; i < rows; ++i) {
    float* row = s + i * lds;
    for (std::int64_t c = 0; c < low[i]; ++c) row[c] = 0;
    for (std::int64_t c = high[i]; c < n; ++c) row[c] = 0;
    shrink[i] = 1;
    gain[i] = 0;
    if (low[i] == high[i]) continue;
    const float best = max_of(row + low[i], high[i] - low[i]);
    const float total = exp_sum(row + low[i], high[i] - low[i], best);
    const float m = best > max[i] ? best : max[i];
    shrink[i] = exp_of(max[i] - m);
    gain[i] = exp_of(best - m);
    sum[i] = sum[i] * shrink[i] + total * gain[i];
    max[i] = m;
  }
}

void merge(const float* part, float gain, float shrink, std::int64_t n, float* o) {
  for (std::int64_t i = 0; i < n; i += 8) {
    const __m256i m = first_lanes(n - i);
    const __m256 old = _mm256_mul_ps(load_some(o + i, m), _mm256_set1_ps(shrink));
    const __m256 sum = _mm256_fmadd_ps(load_some(part + i, m), _mm256_set1_ps(gain), old);
    _mm256_maskstore_ps(o + i, m, sum);
  }
}

struct Dot {
  static constexpr bool kUnsigned = false;
  struct Keys {
    __m256i sign;
    __m256i size;
  };
  static CACTUS_INLINE Keys prepare(__m256i k) { return {k, _mm256_abs_epi8(k)}; }
  static CACTUS_INLINE __m256i add8(__m256i sum, Keys k, __m256i q) {
    const __m256i pairs = _mm256_maddubs_epi16(k.size, _mm256_sign_epi8(q, k.sign));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static CACTUS_INLINE __m256i add16(__m256i sum, __m256i v, __m256i w) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(v, w));
  }
};

}  // namespace

void fill_attention(Table& t) {
  t.qk_f16 = qk<F16>;
  t.qk_f32 = qk<F32>;
  t.softmax = softmax;
  t.pv_f16 = pv<F16>;
  t.merge = merge;
  t.pv_f32 = pv<F32>;
  AttentionInt8<Dot>::fill(t);
}

}  // namespace cactus::kernels::avx2
