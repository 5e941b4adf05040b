// Attention over int8 rows in 256-bit registers, written over two multiply-adds. A block of keys or
// values is rearranged once on the stack and then multiplied with all query rows; probabilities
// have 15 bits (8 are too few: a long tail of small ones would round to nothing). Each including
// source gives its own `Dot` in an unnamed namespace, so that nothing here is shared between
// object files:
//   kUnsigned                keys are offset by 128, sums start at -128 × the query's sum
//   Keys, prepare(k)         what a line of keys becomes once for all queries
//   add8(sum, keys, query)   sum + the products of 4 neighbouring bytes in each lane
//   add16(sum, v, w)         sum + the products of 2 neighbouring int16 in each lane
#pragma once
#include "kernels/avx2/math.h"
#include "kernels/table.h"

namespace cactus::kernels {

template <class Dot>
struct AttentionInt8 {
  static constexpr std::int64_t kMaxDim = 512;  // larger heads, and odd ones, take the lesser path
  static constexpr std::int64_t kKeys = 16;     // keys rearranged at a time, two registers
  static constexpr std::int64_t kRows = 64;  // query rows whose probabilities are rounded at once

  static inline decltype(Table::qk_q8) lesser_qk = nullptr;

  static CACTUS_INLINE __m256i load(const void* p) {
    return _mm256_load_si256(static_cast<const __m256i*>(p));
  }
  static CACTUS_INLINE void store(void* p, __m256i v) {
    _mm256_store_si256(static_cast<__m256i*>(p), v);
  }
  static CACTUS_INLINE __m256i broadcast4(const void* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
  }

  // 8 keys × 32 dimensions to 8 lines [8 keys][4 dimensions]: an 8 × 8 transpose of 4-byte units.
  // `lines` of them exist; each goes to out + 64·line.
  static CACTUS_INLINE void pack_keys(const std::int8_t* k, std::int64_t stride, std::int64_t keys,
                                      std::int64_t lines, std::int8_t* out) {
    __m256i a[8];
    __m256i b[8];
    for (int i = 0; i < 8; ++i) {
      a[i] = i < keys ? avx2::load_bytes(k + i * stride, 4 * lines) : _mm256_setzero_si256();
      if (Dot::kUnsigned) a[i] = _mm256_xor_si256(a[i], _mm256_set1_epi8(-128));
    }
    for (int i = 0; i < 8; i += 2) {
      b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
      b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
    }
    // a[4g + j]: column j of both 128-bit lanes, for keys 4g … 4g+3.
    for (int g = 0; g < 2; ++g) {
      a[4 * g] = _mm256_unpacklo_epi64(b[4 * g], b[4 * g + 2]);
      a[4 * g + 1] = _mm256_unpackhi_epi64(b[4 * g], b[4 * g + 2]);
      a[4 * g + 2] = _mm256_unpacklo_epi64(b[4 * g + 1], b[4 * g + 3]);
      a[4 * g + 3] = _mm256_unpackhi_epi64(b[4 * g + 1], b[4 * g + 3]);
    }
    for (int j = 0; j < 4; ++j) {
      if (j < lines) store(out + 64 * j, _mm256_permute2x128_si256(a[j], a[4 + j], 0x20));
      if (4 + j < lines) store(out + 64 * (4 + j), _mm256_permute2x128_si256(a[j], a[4 + j], 0x31));
    }
  }

  template <int R>
  static void qk_rows(const std::int8_t* packed, std::int64_t dim, const std::int8_t* q,
                      const float* q_scale, const std::int32_t* q_sum, const float* k_scale,
                      std::int64_t keys, float* s, std::int64_t lds) {
    __m256i acc[R][2];
    for (int r = 0; r < R; ++r)
      acc[r][0] = acc[r][1] = _mm256_set1_epi32(Dot::kUnsigned ? -128 * q_sum[r] : 0);
    for (std::int64_t line = 0; line < dim / 4; ++line) {
      const auto k0 = Dot::prepare(load(packed + 64 * line));
      const auto k1 = Dot::prepare(load(packed + 64 * line + 32));
      for (int r = 0; r < R; ++r) {
        const __m256i v = broadcast4(q + r * dim + 4 * line);
        acc[r][0] = Dot::add8(acc[r][0], k0, v);
        acc[r][1] = Dot::add8(acc[r][1], k1, v);
      }
    }
    for (int r = 0; r < R; ++r) {
      for (int h = 0; h < 2; ++h) {
        const __m256 scale =
            _mm256_mul_ps(_mm256_set1_ps(q_scale[r]), _mm256_load_ps(k_scale + 8 * h));
        _mm256_maskstore_ps(s + r * lds + 8 * h, avx2::first_lanes(keys - 8 * h),
                            _mm256_mul_ps(_mm256_cvtepi32_ps(acc[r][h]), scale));
      }
    }
  }

  static void qk_q8(const KvRows& k, const std::int8_t* q, const float* q_scale,
                    const std::int32_t* q_sum, std::int64_t nq, float* s, std::int64_t lds) {
    if (k.dim > kMaxDim || k.dim % 4 != 0) {
      lesser_qk(k, q, q_scale, q_sum, nq, s, lds);
      return;
    }
    alignas(32) std::int8_t packed[kKeys * kMaxDim];
    alignas(32) float scales[kKeys];
    const auto* data = static_cast<const std::int8_t*>(k.data);
    for (std::int64_t p = 0; p < k.n; p += kKeys) {
      const std::int64_t keys = k.n - p < kKeys ? k.n - p : kKeys;
      for (std::int64_t j = 0; j < kKeys; ++j)
        scales[j] = j < keys ? k.scale[(p + j) * k.scale_stride] : 0.0F;
      for (std::int64_t h = 0; h < 2; ++h)
        for (std::int64_t d = 0; d < k.dim; d += 32)
          pack_keys(data + (p + 8 * h) * k.stride + d, k.stride, keys - 8 * h, (k.dim - d) / 4,
                    packed + 32 * h + 16 * d);
      std::int64_t i = 0;
      const auto rows = [&](auto fn, std::int64_t count) {
        fn(packed, k.dim, q + i * k.dim, q_scale + i, q_sum + i, scales, keys, s + i * lds + p,
           lds);
        i += count;
      };
      while (i + 4 <= nq) rows(qk_rows<4>, 4);
      while (i < nq) rows(qk_rows<1>, 1);
    }
  }

  // Probabilities × the scales of their values to 15 bits, zeros from n on; returns what one step
  // stands for.
  static float round_row(const float* prob, const float* v_scale, std::int64_t n,
                         std::int16_t* out) {
    const auto weight = [&](std::int64_t c) {
      const __m256 x = c + 8 <= n ? _mm256_loadu_ps(prob + c)
                                  : avx2::load_some(prob + c, avx2::first_lanes(n - c));
      return _mm256_mul_ps(x, _mm256_load_ps(v_scale + c));
    };
    __m256 largest = _mm256_setzero_ps();
    for (std::int64_t c = 0; c < n; c += 8) largest = _mm256_max_ps(avx2::abs(weight(c)), largest);
    const float amax = avx2::max_lanes(largest);
    const __m256 inverse = _mm256_set1_ps(amax >= 1e-30F ? 32767.0F / amax : 0.0F);
    for (std::int64_t c = 0; c < n; c += 8) {
      const __m256i i = _mm256_cvtps_epi32(_mm256_mul_ps(weight(c), inverse));
      _mm_store_si128(reinterpret_cast<__m128i*>(out + c),
                      _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1)));
    }
    return amax / 32767.0F;
  }

  // 16 dimensions of n values to lines [8 dimensions][2 values], in the order of unpack: the first
  // of each pair of lines has dimensions 0-3 and 8-11, the second the others.
  static CACTUS_INLINE void pack_values(const std::int8_t* v, std::int64_t stride, std::int64_t n,
                                        std::int64_t left, std::int8_t* out) {
    const std::int64_t bytes = left < 16 ? left : 16;
    const auto wide = [&](std::int64_t p) {
      if (p >= n) return _mm256_setzero_si256();
      return _mm256_cvtepi8_epi16(
          bytes == 16 ? _mm_loadu_si128(reinterpret_cast<const __m128i*>(v + p * stride))
                      : _mm256_castsi256_si128(avx2::load_bytes(v + p * stride, bytes)));
    };
    for (std::int64_t p = 0; p < n; p += 2) {
      const __m256i a = wide(p);
      const __m256i b = wide(p + 1);
      store(out + 32 * p, _mm256_unpacklo_epi16(a, b));
      store(out + 32 * p + 32, _mm256_unpackhi_epi16(a, b));
    }
  }

  template <int R>
  static void pv_rows(const std::int8_t* packed, std::int64_t n, std::int64_t left,
                      const std::int16_t* prob, const float* step, const float* shrink,
                      const float* gain, float* o, std::int64_t ldo) {
    __m256i acc[R][2];
    for (int r = 0; r < R; ++r) acc[r][0] = acc[r][1] = _mm256_setzero_si256();
    for (std::int64_t p = 0; p < n; p += 2) {
      const __m256i v0 = load(packed + 32 * p);
      const __m256i v1 = load(packed + 32 * p + 32);
      for (int r = 0; r < R; ++r) {
        const __m256i w = broadcast4(prob + r * kMaxKeys + p);
        acc[r][0] = Dot::add16(acc[r][0], v0, w);
        acc[r][1] = Dot::add16(acc[r][1], v1, w);
      }
    }
    for (int r = 0; r < R; ++r) {
      const __m256i sum[2] = {_mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x20),
                              _mm256_permute2x128_si256(acc[r][0], acc[r][1], 0x31)};
      for (int h = 0; h < 2; ++h) {
        const __m256i m = avx2::first_lanes(left - 8 * h);
        float* to = o + r * ldo + 8 * h;
        const __m256 old = _mm256_mul_ps(avx2::load_some(to, m), _mm256_set1_ps(shrink[r]));
        const __m256 block = _mm256_mul_ps(_mm256_cvtepi32_ps(sum[h]), _mm256_set1_ps(step[r]));
        _mm256_maskstore_ps(to, m, _mm256_fmadd_ps(block, _mm256_set1_ps(gain[r]), old));
      }
    }
  }

  static void pv_q8(const KvRows& v, const float* prob, std::int64_t ldp, std::int64_t nq,
                    const float* shrink, const float* gain, float* o, std::int64_t ldo) {
    alignas(32) std::int16_t rounded[kRows * kMaxKeys];
    alignas(32) std::int8_t packed[32 * kMaxKeys];
    alignas(32) float scales[kMaxKeys];
    float step[kRows];
    const auto* data = static_cast<const std::int8_t*>(v.data);
    for (std::int64_t p = 0; p < kMaxKeys; ++p)
      scales[p] = p < v.n ? v.scale[p * v.scale_stride] : 0.0F;
    for (std::int64_t first = 0; first < nq; first += kRows) {
      const std::int64_t count = nq - first < kRows ? nq - first : kRows;
      for (std::int64_t i = 0; i < count; ++i)
        step[i] = round_row(prob + (first + i) * ldp, scales, v.n, rounded + i * kMaxKeys);
      for (std::int64_t d = 0; d < v.dim; d += 16) {
        const std::int64_t left = v.dim - d;
        pack_values(data + d, v.stride, v.n, left, packed);
        std::int64_t i = 0;
        const auto rows = [&](auto fn, std::int64_t n) {
          fn(packed, v.n, left, rounded + i * kMaxKeys, step + i, shrink + first + i,
             gain + first + i, o + (first + i) * ldo + d, ldo);
          i += n;
        };
        while (i + 4 <= count) rows(pv_rows<4>, 4);
        while (i < count) rows(pv_rows<1>, 1);
      }
    }
  }

  static void fill(Table& t) {
    lesser_qk = t.qk_q8;
    t.qk_q8 = qk_q8;
    t.pv_q8 = pv_q8;
  }
};

}  // namespace cactus::kernels
