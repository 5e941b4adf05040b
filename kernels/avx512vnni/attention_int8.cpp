// Attention over int8 rows. A block of keys or values is rearranged once on the stack and then
// multiplied with all query rows: keys with vpdpbusd, values with vpdpwssd and probabilities of 15
// bits (8 are too few: a long tail of small ones would round to nothing).
#include "kernels/avx512vnni/avx512vnni.h"
#include "kernels/avx512vnni/math.h"

namespace cactus::kernels::avx512vnni {
namespace {

constexpr std::int64_t kMaxDim = 512;  // larger heads, and odd ones, take the lesser path
constexpr std::int64_t kKeys = 32;     // keys rearranged at a time, two registers
constexpr std::int64_t kRows = 128;    // query rows whose probabilities are rounded at a time

decltype(Table::qk_q8) lesser_qk;

// 16 keys × 64 dimensions to 16 lines [16 keys][4 dimensions], unsigned: a 16 × 16 transpose of
// 4-byte units. `lines` of them exist; each goes to out + 128·line.
CACTUS_INLINE void pack_keys(const std::int8_t* k, std::int64_t stride, std::int64_t keys,
                             std::int64_t lines, std::uint8_t* out) {
  const auto mask = lines >= 16 ? ~__mmask64{0} : (__mmask64{1} << (4 * lines)) - 1;
  const __m512i offset = _mm512_set1_epi8(-128);
  __m512i a[16];
  __m512i b[16];
  for (int i = 0; i < 16; ++i) {
    const __m512i v = i < keys ? _mm512_maskz_loadu_epi8(mask, k + i * stride) : offset;
    a[i] = _mm512_xor_si512(v, offset);
  }
  for (int i = 0; i < 16; i += 2) {
    b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
    b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
  }
  // a[4g + j]: column j of every 128-bit lane, for keys 4g … 4g+3.
  for (int g = 0; g < 4; ++g) {
    a[4 * g] = _mm512_unpacklo_epi64(b[4 * g], b[4 * g + 2]);
    a[4 * g + 1] = _mm512_unpackhi_epi64(b[4 * g], b[4 * g + 2]);
    a[4 * g + 2] = _mm512_unpacklo_epi64(b[4 * g + 1], b[4 * g + 3]);
    a[4 * g + 3] = _mm512_unpackhi_epi64(b[4 * g + 1], b[4 * g + 3]);
  }
  for (int j = 0; j < 4; ++j) {
    const __m512i low01 = _mm512_shuffle_i32x4(a[j], a[4 + j], 0x44);
    const __m512i high01 = _mm512_shuffle_i32x4(a[j], a[4 + j], 0xee);
    const __m512i low23 = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0x44);
    const __m512i high23 = _mm512_shuffle_i32x4(a[8 + j], a[12 + j], 0xee);
    b[j] = _mm512_shuffle_i32x4(low01, low23, 0x88);
    b[4 + j] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
    b[8 + j] = _mm512_shuffle_i32x4(high01, high23, 0x88);
    b[12 + j] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
  }
  for (int i = 0; i < 16; ++i)
    if (i < lines) _mm512_store_si512(out + 128 * i, b[i]);
}

CACTUS_INLINE __m512i broadcast4(const void* p) {
  std::int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return _mm512_set1_epi32(four);
}

template <int R>
void qk_rows(const std::uint8_t* packed, std::int64_t dim, const std::int8_t* q,
             const float* q_scale, const std::int32_t* q_sum, const float* k_scale,
             std::int64_t keys, float* s, std::int64_t lds) {
  __m512i acc[R][2];
  for (int r = 0; r < R; ++r) acc[r][0] = acc[r][1] = _mm512_set1_epi32(-128 * q_sum[r]);
  for (std::int64_t line = 0; line < dim / 4; ++line) {
    const __m512i k0 = _mm512_load_si512(packed + 128 * line);
    const __m512i k1 = _mm512_load_si512(packed + 128 * line + 64);
    for (int r = 0; r < R; ++r) {
      const __m512i v = broadcast4(q + r * dim + 4 * line);
      acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], k0, v);
      acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], k1, v);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int h = 0; h < 2; ++h) {
      const __m512 scale =
          _mm512_mul_ps(_mm512_set1_ps(q_scale[r]), _mm512_load_ps(k_scale + 16 * h));
      _mm512_mask_storeu_ps(s + r * lds + 16 * h, first_lanes(keys - 16 * h),
                            _mm512_mul_ps(_mm512_cvtepi32_ps(acc[r][h]), scale));
    }
  }
}

void qk_q8(const KvRows& k, const std::int8_t* q, const float* q_scale, const std::int32_t* q_sum,
           std::int64_t nq, float* s, std::int64_t lds) {
  if (k.dim > kMaxDim || k.dim % 4 != 0) {
    lesser_qk(k, q, q_scale, q_sum, nq, s, lds);
    return;
  }
  alignas(64) std::uint8_t packed[kKeys * kMaxDim];
  alignas(64) float scales[kKeys];
  const auto* data = static_cast<const std::int8_t*>(k.data);
  for (std::int64_t p = 0; p < k.n; p += kKeys) {
    const std::int64_t keys = k.n - p < kKeys ? k.n - p : kKeys;
    for (std::int64_t j = 0; j < kKeys; ++j)
      scales[j] = j < keys ? k.scale[(p + j) * k.scale_stride] : 0.0F;
    for (std::int64_t h = 0; h < 2; ++h)
      for (std::int64_t d = 0; d < k.dim; d += 64)
        pack_keys(data + (p + 16 * h) * k.stride + d, k.stride, keys - 16 * h, (k.dim - d) / 4,
                  packed + 64 * h + 32 * d);
    std::int64_t i = 0;
    const auto rows = [&](auto fn, std::int64_t count) {
      fn(packed, k.dim, q + i * k.dim, q_scale + i, q_sum + i, scales, keys, s + i * lds + p, lds);
      i += count;
    };
    while (i + 8 <= nq) rows(qk_rows<8>, 8);
    if (i + 4 <= nq) rows(qk_rows<4>, 4);
    while (i < nq) rows(qk_rows<1>, 1);
  }
}

// Probabilities × the scales of their values to 15 bits: out [n rounded up to even], and what one
// step stands for. Zeros from n on.
CACTUS_INLINE float round_row(const float* prob, const float* v_scale, std::int64_t n,
                              std::int16_t* out) {
  __m512 largest = _mm512_setzero_ps();
  for (std::int64_t c = 0; c < n; c += 16) {
    const __mmask16 m = first_lanes(n - c);
    const __m512 w = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, prob + c), _mm512_load_ps(v_scale + c));
    largest = _mm512_max_ps(_mm512_abs_ps(w), largest);
  }
  const float amax = _mm512_reduce_max_ps(largest);
  const __m512 inverse = _mm512_set1_ps(amax >= 1e-30F ? 32767.0F / amax : 0.0F);
  for (std::int64_t c = 0; c < n; c += 16) {
    const __mmask16 m = first_lanes(n - c);
    const __m512 w = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, prob + c), _mm512_load_ps(v_scale + c));
    const __m512i i = _mm512_cvtps_epi32(_mm512_mul_ps(w, inverse));
    _mm256_store_si256(reinterpret_cast<__m256i*>(out + c), _mm512_cvtsepi32_epi16(i));
  }
  return amax / 32767.0F;
}

// 32 dimensions of n values to lines [16 dimensions][2 values], in the order of unpack: the first
// of each pair of lines has dimensions 0-3, 8-11, 16-19, 24-27, the second the others.
CACTUS_INLINE void pack_values(const std::int8_t* v, std::int64_t stride, std::int64_t n,
                               std::int64_t left, std::int8_t* out) {
  const auto mask = static_cast<__mmask32>(left >= 32 ? ~0U : (1U << left) - 1);
  for (std::int64_t p = 0; p < n; p += 2) {
    const __m512i a = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, v + p * stride));
    const __m512i b =
        p + 1 < n ? _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, v + (p + 1) * stride))
                  : _mm512_setzero_si512();
    _mm512_store_si512(out + 64 * p, _mm512_unpacklo_epi16(a, b));
    _mm512_store_si512(out + 64 * p + 64, _mm512_unpackhi_epi16(a, b));
  }
}

template <int R>
void pv_rows(const std::int8_t* packed, std::int64_t n, std::int64_t left, const std::int16_t* prob,
             const float* step, const float* shrink, const float* gain, float* o,
             std::int64_t ldo) {
  __m512i acc[R][2];
  for (int r = 0; r < R; ++r) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
  for (std::int64_t p = 0; p < n; p += 2) {
    const __m512i v0 = _mm512_load_si512(packed + 64 * p);
    const __m512i v1 = _mm512_load_si512(packed + 64 * p + 64);
    for (int r = 0; r < R; ++r) {
      const __m512i w = broadcast4(prob + r * kMaxKeys + p);
      acc[r][0] = _mm512_dpwssd_epi32(acc[r][0], v0, w);
      acc[r][1] = _mm512_dpwssd_epi32(acc[r][1], v1, w);
    }
  }
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23);
  const __m512i second =
      _mm512_setr_epi32(8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31);
  for (int r = 0; r < R; ++r) {
    const __m512 scale = _mm512_set1_ps(step[r]);
    const __m512 keep = _mm512_set1_ps(shrink[r]);
    for (int h = 0; h < 2; ++h) {
      const __mmask16 m = first_lanes(left - 16 * h);
      const __m512i sum = _mm512_permutex2var_epi32(acc[r][0], h == 0 ? first : second, acc[r][1]);
      float* to = o + r * ldo + 16 * h;
      const __m512 old = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, to), keep);
      const __m512 block = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale);
      _mm512_mask_storeu_ps(to, m, _mm512_fmadd_ps(block, _mm512_set1_ps(gain[r]), old));
    }
  }
}

void pv_q8(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
           const float* shrink, const float* gain, float* o, std::int64_t ldo) {
  alignas(64) std::int16_t rounded[kRows * kMaxKeys];
  alignas(64) std::int8_t packed[64 * kMaxKeys];
  alignas(64) float scales[kMaxKeys];
  float step[kRows];
  const auto* data = static_cast<const std::int8_t*>(v.data);
  for (std::int64_t p = 0; p < kMaxKeys; ++p)
    scales[p] = p < v.n ? v.scale[p * v.scale_stride] : 0.0F;
  for (std::int64_t first = 0; first < nq; first += kRows) {
    const std::int64_t count = nq - first < kRows ? nq - first : kRows;
    for (std::int64_t i = 0; i < count; ++i)
      step[i] = round_row(prob + (first + i) * ldp, scales, v.n, rounded + i * kMaxKeys);
    for (std::int64_t d = 0; d < v.dim; d += 32) {
      const std::int64_t left = v.dim - d;
      pack_values(data + d, v.stride, v.n, left, packed);
      std::int64_t i = 0;
      const auto rows = [&](auto fn, std::int64_t n) {
        fn(packed, v.n, left, rounded + i * kMaxKeys, step + i, shrink + first + i,
           gain + first + i, o + (first + i) * ldo + d, ldo);
        i += n;
      };
      while (i + 8 <= count) rows(pv_rows<8>, 8);
      if (i + 4 <= count) rows(pv_rows<4>, 4);
      while (i < count) rows(pv_rows<1>, 1);
    }
  }
}

}  // namespace

void fill_attention_int8(Table& t) {
  lesser_qk = t.qk_q8;
  t.qk_q8 = qk_q8;
  t.pv_q8 = pv_q8;
}

}  // namespace cactus::kernels::avx512vnni
