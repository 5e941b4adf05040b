// The int8 products in 256-bit registers, written over one multiply-add. Each including source
// gives its own `Dot` in an unnamed namespace, so that nothing here is shared between object files:
//   kUnsigned   weights are offset by 128 and sums start at QuantRows::bias
//   Weights     what a line of weights becomes once for all tokens
//   prepare(w), add(sum, weights, a): sum + the products of 4 neighbouring bytes in each lane
#pragma once
#include <immintrin.h>

#include "kernels/table.h"

namespace cactus::kernels {

template <class Dot>
struct Int8Products256 {
  // Operand form: 16 float scales, then 8 lines [16 rows][columns 4k … 4k+3], two registers each.
  static constexpr int kLines = 8;
  static constexpr std::int64_t kScaleBytes = 64;

  static __m256i load(const void* p) { return _mm256_load_si256(static_cast<const __m256i*>(p)); }

  static __m256 load_scales(const std::uint16_t* scales) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(scales));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
  }

  static __m256i broadcast4(const std::int8_t* q) {
    std::int32_t four;
    __builtin_memcpy(&four, q, sizeof four);
    return _mm256_set1_epi32(four);
  }

  // Half a line (8 rows) of packed weights to one or two lines of the operand.
  struct Q4 {
    using Code = std::uint8_t;
    static constexpr std::int64_t kBytes = kQ4GroupBytes;
    static constexpr int kPerLoad = 2;
    __m256i codebook;
    Q4() {
      __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kCodebook));
      if (Dot::kUnsigned) values = _mm_xor_si128(values, _mm_set1_epi8(-128));
      codebook = _mm256_broadcastsi128_si256(values);
    }
    void unpack(const Code* codes, __m256i* w) const {
      const __m256i low = _mm256_set1_epi8(15);
      const __m256i c = load(codes);
      w[0] = _mm256_shuffle_epi8(codebook, _mm256_and_si256(c, low));
      w[1] = _mm256_shuffle_epi8(codebook, _mm256_and_si256(_mm256_srli_epi16(c, 4), low));
    }
  };
  struct Q8 {
    using Code = std::int8_t;
    static constexpr std::int64_t kBytes = kQ8GroupBytes;
    static constexpr int kPerLoad = 1;
    void unpack(const Code* values, __m256i* w) const {
      w[0] = load(values);
      if (Dot::kUnsigned) w[0] = _mm256_xor_si256(w[0], _mm256_set1_epi8(-128));
    }
  };

  template <class Format>
  static void expand(const std::uint16_t* scales, const typename Format::Code* codes,
                     std::int64_t groups, std::byte* operand) {
    const Format format;
    for (std::int64_t g = 0; g < groups; ++g) {
      std::byte* out = operand + g * kOperandBytes;
      for (int h = 0; h < 2; ++h) {
        _mm256_store_ps(reinterpret_cast<float*>(out) + 8 * h,
                        load_scales(scales + g * kTileRows + 8 * h));
        for (int k = 0; k < kLines; k += Format::kPerLoad) {
          __m256i w[Format::kPerLoad];
          format.unpack(codes + g * Format::kBytes + 64 * (k / Format::kPerLoad) + 32 * h, w);
          for (int i = 0; i < Format::kPerLoad; ++i)
            _mm256_store_si256(
                reinterpret_cast<__m256i*>(out + kScaleBytes + 64 * (k + i) + 32 * h), w[i]);
        }
      }
    }
  }

  static void expand_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
                        std::byte* operand) {
    expand<Q4>(scales, codes, groups, operand);
  }
  static void expand_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
                        std::byte* operand) {
    expand<Q8>(scales, values, groups, operand);
  }

  static __m256i start(const QuantRows& x, std::int64_t t, std::int64_t g) {
    return Dot::kUnsigned ? _mm256_set1_epi32(x.bias[t * x.ldg + g]) : _mm256_setzero_si256();
  }

  static __m256 add_group(__m256i dot, __m256 weight_scale, const QuantRows& x, std::int64_t t,
                          std::int64_t g, __m256 acc) {
    const __m256 s = _mm256_mul_ps(weight_scale, _mm256_set1_ps(x.scale[t * x.ldg + g]));
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), s, acc);
  }

  // 16 rows × M tokens, in two registers each.
  template <int M>
  static void block(const std::byte* operand, std::int64_t groups, const QuantRows& x,
                    std::int64_t first, float* y, std::int64_t ldy, bool accumulate) {
    __m256 acc[M][2];
    for (int m = 0; m < M; ++m)
      for (int h = 0; h < 2; ++h)
        acc[m][h] = accumulate ? _mm256_loadu_ps(y + m * ldy + 8 * h) : _mm256_setzero_ps();
    const std::int8_t* q = x.q + first * x.ldq;
    for (std::int64_t g = 0; g < groups; ++g) {
      const std::byte* op = operand + g * kOperandBytes;
      __m256i dot[M][2];
      for (int m = 0; m < M; ++m) dot[m][0] = dot[m][1] = start(x, first + m, g);
#pragma GCC unroll 8
      for (int k = 0; k < kLines; ++k) {
        const auto w0 = Dot::prepare(load(op + kScaleBytes + 64 * k));
        const auto w1 = Dot::prepare(load(op + kScaleBytes + 64 * k + 32));
        for (int m = 0; m < M; ++m) {
          const __m256i a = broadcast4(q + m * x.ldq + g * kGroup + 4 * k);
          dot[m][0] = Dot::add(dot[m][0], w0, a);
          dot[m][1] = Dot::add(dot[m][1], w1, a);
        }
      }
      const auto* scales = reinterpret_cast<const float*>(op);
      for (int m = 0; m < M; ++m)
        for (int h = 0; h < 2; ++h)
          acc[m][h] =
              add_group(dot[m][h], _mm256_load_ps(scales + 8 * h), x, first + m, g, acc[m][h]);
    }
    for (int m = 0; m < M; ++m)
      for (int h = 0; h < 2; ++h) _mm256_storeu_ps(y + m * ldy + 8 * h, acc[m][h]);
  }

  static void gemm(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
                   std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy,
                   bool accumulate) {
    std::int64_t t = 0;
    const auto all_tiles = [&](auto fn, std::int64_t tokens) {
      for (std::int64_t i = 0; i < tiles; ++i)
        fn(operand + i * operand_stride, groups, x, t, y + t * ldy + i * kTileRows, ldy,
           accumulate);
      t += tokens;
    };
    while (t + 4 <= x.count) all_tiles(block<4>, 4);
    if (x.count - t >= 2) all_tiles(block<2>, 2);
    if (x.count - t >= 1) all_tiles(block<1>, 1);
  }

  // As in avx512vnni/matmul_int8.cpp, which says why.
  static void prefetch_group(const void* codes, std::int64_t bytes) {
    const char* at = static_cast<const char*>(codes);
    constexpr std::int64_t kAhead[] = {12288, 8192, 4096};
    for (const std::int64_t ahead : kAhead)
      for (std::int64_t b = 0; b < bytes; b += 64) _mm_prefetch(at + ahead + b, _MM_HINT_T1);
    _mm_prefetch(at + 24576, _MM_HINT_T1);
  }

  // One packed tile, M tokens.
  template <class Format, int M>
  static void stream(const std::uint16_t* scales, const typename Format::Code* codes,
                     std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy) {
    const Format format;
    __m256 acc[M][2];
    for (int m = 0; m < M; ++m) acc[m][0] = acc[m][1] = _mm256_setzero_ps();
    for (std::int64_t g = 0; g < groups; ++g) {
      const auto* at = codes + g * Format::kBytes;
      prefetch_group(at, Format::kBytes);
      __m256i dot[M][2];
      for (int m = 0; m < M; ++m) dot[m][0] = dot[m][1] = start(x, m, g);
#pragma GCC unroll 8
      for (int k = 0; k < kLines; k += Format::kPerLoad) {
        for (int h = 0; h < 2; ++h) {
          __m256i w[Format::kPerLoad];
          format.unpack(at + 64 * (k / Format::kPerLoad) + 32 * h, w);
          for (int i = 0; i < Format::kPerLoad; ++i) {
            const auto prepared = Dot::prepare(w[i]);
            for (int m = 0; m < M; ++m)
              dot[m][h] = Dot::add(dot[m][h], prepared,
                                   broadcast4(x.q + m * x.ldq + g * kGroup + 4 * (k + i)));
          }
        }
      }
      for (int h = 0; h < 2; ++h) {
        const __m256 weight_scale = load_scales(scales + g * kTileRows + 8 * h);
        for (int m = 0; m < M; ++m)
          acc[m][h] = add_group(dot[m][h], weight_scale, x, m, g, acc[m][h]);
      }
    }
    for (int m = 0; m < M; ++m)
      for (int h = 0; h < 2; ++h) _mm256_storeu_ps(y + m * ldy + 8 * h, acc[m][h]);
  }

  template <class Format>
  static void gemv(const std::uint16_t* scales, const typename Format::Code* codes,
                   std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy) {
    switch (x.count) {
      case 1:
        return stream<Format, 1>(scales, codes, groups, x, y, ldy);
      case 2:
        return stream<Format, 2>(scales, codes, groups, x, y, ldy);
      case 3:
        return stream<Format, 3>(scales, codes, groups, x, y, ldy);
      default:
        return stream<Format, 4>(scales, codes, groups, x, y, ldy);
    }
  }

  static std::int64_t peak_int8(std::int64_t n, std::int32_t* sink) {
    constexpr int kChains = 10;
    __m256i acc[kChains];
    for (int i = 0; i < kChains; ++i) acc[i] = _mm256_set1_epi32(i);
    __m256i w = _mm256_set1_epi8(3);
    __m256i a = _mm256_set1_epi8(1);
    for (std::int64_t i = 0; i < n; ++i) {
      __asm__ volatile("" : "+x"(w), "+x"(a));
      const auto prepared = Dot::prepare(w);
      for (int c = 0; c < kChains; ++c) acc[c] = Dot::add(acc[c], prepared, a);
    }
    alignas(32) std::int32_t lanes[8];
    for (int c = 0; c < kChains; ++c) {
      _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), acc[c]);
      for (const std::int32_t v : lanes) *sink += v;
    }
    return n * kChains * 32;
  }

  static void fill(Table& t) {
    t.expand_q4 = expand_q4;
    t.expand_q8 = expand_q8;
    t.gemm = gemm;
    t.gemv_tokens = 4;
    t.gemv_q4 = gemv<Q4>;
    t.gemv_q8 = gemv<Q8>;
    t.peak_int8 = peak_int8;
  }
};

}  // namespace cactus::kernels
