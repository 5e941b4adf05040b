// int8 products with 512-bit vpdpbusd. That instruction multiplies unsigned by signed bytes, so
// weights are offset by 128 and every sum starts at bias = -128 × the group's sum of activations.
#include <immintrin.h>

#include "kernels/avx512vnni/avx512vnni.h"

namespace cactus::kernels::avx512vnni {
namespace {

#define CACTUS_INLINE inline __attribute__((always_inline))

// Operand form: 16 float scales, then 8 lines; line k is [16 rows][columns 4k … 4k+3], unsigned.
constexpr int kLines = 8;
constexpr std::int64_t kScaleBytes = 64;

CACTUS_INLINE __m512i unsigned_codebook() {
  const __m128i values = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kCodebook));
  return _mm512_broadcast_i32x4(_mm_xor_si128(values, _mm_set1_epi8(-128)));
}

CACTUS_INLINE __m512 load_scales(const std::uint16_t* scales) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

CACTUS_INLINE void prefetch(const void* p) {
  _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T1);
}

// How far ahead packed weights are prefetched, the next tiles included. Three times, because a
// processor drops a prefetch that finds its queue full, and a line that comes late stops everything
// behind it; and one line still further ahead for its address translation, since hardware
// prefetchers end with the page. Measured in docs/kernels.md.
constexpr std::int64_t kAhead[] = {24576, 12288, 8192, 4096};

CACTUS_INLINE void prefetch_group(const std::int64_t* ahead, const void* codes,
                                  std::int64_t group_bytes) {
  const char* at = static_cast<const char*>(codes);
  prefetch(at + ahead[0]);
  for (int i = 1; i < 4; ++i)
    for (std::int64_t b = 0; b < group_bytes; b += 64) prefetch(at + ahead[i] + b);
}

// One group of a packed tile as kLines unsigned lines.
CACTUS_INLINE void load_group(const std::uint8_t* codes, __m512i codebook, __m512i* w) {
  const __m512i low = _mm512_set1_epi8(15);
  for (int v = 0; v < kLines / 2; ++v) {
    const __m512i c = _mm512_load_si512(codes + 64 * v);
    w[2 * v] = _mm512_shuffle_epi8(codebook, _mm512_and_si512(c, low));
    w[2 * v + 1] = _mm512_shuffle_epi8(codebook, _mm512_and_si512(_mm512_srli_epi16(c, 4), low));
  }
}

CACTUS_INLINE void load_group(const std::int8_t* values, __m512i offset, __m512i* w) {
  for (int k = 0; k < kLines; ++k)
    w[k] = _mm512_xor_si512(_mm512_load_si512(values + 64 * k), offset);
}

template <class Code>
CACTUS_INLINE void expand(const std::uint16_t* scales, const Code* codes, std::int64_t group_bytes,
                          __m512i constant, std::int64_t groups, std::byte* operand) {
  for (std::int64_t g = 0; g < groups; ++g) {
    __m512i w[kLines];
    load_group(codes + g * group_bytes, constant, w);
    // What is expanded next in this tile, while the products of these groups run.
    for (std::int64_t b = 0; b < group_bytes; b += 64)
      prefetch(codes + (groups + g) * group_bytes + b);
    std::byte* out = operand + g * kOperandBytes;
    _mm512_store_ps(out, load_scales(scales + g * kTileRows));
    for (int k = 0; k < kLines; ++k) _mm512_store_si512(out + kScaleBytes + 64 * k, w[k]);
  }
}

void expand_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
               std::byte* operand) {
  expand(scales, codes, kQ4GroupBytes, unsigned_codebook(), groups, operand);
}

void expand_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
               std::byte* operand) {
  expand(scales, values, kQ8GroupBytes, _mm512_set1_epi8(-128), groups, operand);
}

CACTUS_INLINE __m512i broadcast4(const std::int8_t* q) {
  std::int32_t four;
  __builtin_memcpy(&four, q, sizeof four);
  return _mm512_set1_epi32(four);
}

// Tiles × M results in registers: for 2 × 6, 12 integer and 12 float sums, 2 lines of weights, one
// broadcast. Per line 12 vpdpbusd need 8 loads.
template <int Tiles, int M>
void block(const std::byte* operand, std::int64_t operand_stride, std::int64_t groups,
           const QuantRows& x, std::int64_t first, float* y, std::int64_t ldy, bool accumulate) {
  const std::int8_t* q = x.q + first * x.ldq;
  const float* scale = x.scale + first * x.ldg;
  const std::int32_t* bias = x.bias + first * x.ldg;
  __m512 acc[M][Tiles];
  for (int m = 0; m < M; ++m)
    for (int i = 0; i < Tiles; ++i)
      acc[m][i] = accumulate ? _mm512_loadu_ps(y + m * ldy + i * kTileRows) : _mm512_setzero_ps();
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::byte* op = operand + g * kOperandBytes;
    __m512i dot[M][Tiles];
    for (int m = 0; m < M; ++m)
      for (int i = 0; i < Tiles; ++i) dot[m][i] = _mm512_set1_epi32(bias[m * x.ldg + g]);
#pragma GCC unroll 8
    for (int k = 0; k < kLines; ++k) {
      __m512i w[Tiles];
      for (int i = 0; i < Tiles; ++i)
        w[i] = _mm512_load_si512(op + i * operand_stride + kScaleBytes + 64 * k);
      for (int m = 0; m < M; ++m) {
        const __m512i a = broadcast4(q + m * x.ldq + g * kGroup + 4 * k);
        for (int i = 0; i < Tiles; ++i) dot[m][i] = _mm512_dpbusd_epi32(dot[m][i], w[i], a);
      }
    }
    __m512 weight_scale[Tiles];
    for (int i = 0; i < Tiles; ++i) weight_scale[i] = _mm512_load_ps(op + i * operand_stride);
    for (int m = 0; m < M; ++m) {
      const __m512 s = _mm512_set1_ps(scale[m * x.ldg + g]);
      for (int i = 0; i < Tiles; ++i)
        acc[m][i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[m][i]),
                                    _mm512_mul_ps(weight_scale[i], s), acc[m][i]);
    }
  }
  for (int m = 0; m < M; ++m)
    for (int i = 0; i < Tiles; ++i) _mm512_storeu_ps(y + m * ldy + i * kTileRows, acc[m][i]);
}

template <int Tiles, int M>
void blocks(const std::byte* operand, std::int64_t operand_stride, std::int64_t groups,
            const QuantRows& x, float* y, std::int64_t ldy, bool accumulate) {
  std::int64_t t = 0;
  for (; t + M <= x.count; t += M)
    block<Tiles, M>(operand, operand_stride, groups, x, t, y + t * ldy, ldy, accumulate);
  const auto rest = [&](auto fn) {
    fn(operand, operand_stride, groups, x, t, y + t * ldy, ldy, accumulate);
  };
  switch (x.count - t) {
    case 1:
      return rest(block<Tiles, 1>);
    case 2:
      return rest(block<Tiles, 2>);
    case 3:
      return rest(block<Tiles, 3>);
    case 4:
      return rest(block<Tiles, 4>);
    case 5:
      return rest(block<Tiles, 5>);
    default:
      return;
  }
}

void gemm(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
          std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy, bool accumulate) {
  if (tiles == 2) {
    blocks<2, 6>(operand, operand_stride, groups, x, y, ldy, accumulate);
  } else {
    blocks<1, 6>(operand, operand_stride, groups, x, y, ldy, accumulate);
  }
}

template <int M, class Code>
CACTUS_INLINE void stream(const std::uint16_t* scales, const Code* codes, std::int64_t group_bytes,
                          __m512i constant, std::int64_t groups, const QuantRows& x, float* y,
                          std::int64_t ldy) {
  __m512 acc[M];
  for (int m = 0; m < M; ++m) acc[m] = _mm512_setzero_ps();
  for (std::int64_t g = 0; g < groups; ++g) {
    const Code* at = codes + g * group_bytes;
    prefetch_group(kAhead, at, group_bytes);
    __m512i w[kLines];
    load_group(at, constant, w);
    const __m512 weight_scale = load_scales(scales + g * kTileRows);
    for (int m = 0; m < M; ++m) {
      const std::int8_t* q = x.q + m * x.ldq + g * kGroup;
      __m512i even = _mm512_set1_epi32(x.bias[m * x.ldg + g]);
      __m512i odd = _mm512_setzero_si512();
      for (int k = 0; k < kLines; k += 2) {
        even = _mm512_dpbusd_epi32(even, w[k], broadcast4(q + 4 * k));
        odd = _mm512_dpbusd_epi32(odd, w[k + 1], broadcast4(q + 4 * k + 4));
      }
      const __m512 s = _mm512_set1_ps(x.scale[m * x.ldg + g]);
      acc[m] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)),
                               _mm512_mul_ps(weight_scale, s), acc[m]);
    }
  }
  for (int m = 0; m < M; ++m) _mm512_storeu_ps(y + m * ldy, acc[m]);
}

template <class Code>
CACTUS_INLINE void gemv(const std::uint16_t* scales, const Code* codes, std::int64_t group_bytes,
                        __m512i constant, std::int64_t groups, const QuantRows& x, float* y,
                        std::int64_t ldy) {
  switch (x.count) {
    case 1:
      return stream<1>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 2:
      return stream<2>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 3:
      return stream<3>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 4:
      return stream<4>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 5:
      return stream<5>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 6:
      return stream<6>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    case 7:
      return stream<7>(scales, codes, group_bytes, constant, groups, x, y, ldy);
    default:
      return stream<8>(scales, codes, group_bytes, constant, groups, x, y, ldy);
  }
}

void gemv_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv(scales, codes, kQ4GroupBytes, unsigned_codebook(), groups, x, y, ldy);
}

void gemv_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv(scales, values, kQ8GroupBytes, _mm512_set1_epi8(-128), groups, x, y, ldy);
}

// How far ahead of the codes each of four runs is prefetched. Far: the run as it lies in memory,
// every line once, into the second-level cache; near: codes and scales into the first.
constexpr std::int64_t kFar = 3072;
constexpr std::int64_t kNear = 1024;
constexpr std::int64_t kNearScales = 128;

// Four runs side by side, a group of each in turn: four pages are in flight, and the activations of
// a group are loaded once.
template <class Code>
CACTUS_INLINE void stream4(const FourRuns& runs, std::int64_t group_bytes, __m512i constant,
                           std::int64_t groups, const QuantRows& x) {
  const std::int64_t codes = runs.stride - groups * group_bytes;
  for (std::int64_t t = 0; t < runs.count; ++t) {
    const char* tile[4];
    __m512 acc[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      tile[i] = reinterpret_cast<const char*>(runs.tiles[i] + t * runs.stride);
      acc[i] = _mm512_setzero_ps();
    }
    std::int64_t far = codes + kFar;
    // Two groups share a line of scales: the first of them stands for it.
    const auto add = [&](std::int64_t g, bool first) __attribute__((always_inline)) {
      const std::int8_t* q = x.q + g * kGroup;
      const __m512i start = _mm512_set1_epi32(x.bias[g]);
      const __m512 s = _mm512_set1_ps(x.scale[g]);
      const std::int64_t bytes = group_bytes + (first ? 64 : 0);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const char* at = tile[i] + codes + g * group_bytes;
        const char* scales = tile[i] + g * kTileRows * 2;
        for (std::int64_t b = 0; b < bytes; b += 64) prefetch(tile[i] + far + b);
        for (std::int64_t b = 0; b < group_bytes; b += 64)
          _mm_prefetch(at + kNear + b, _MM_HINT_T0);
        if (first) _mm_prefetch(scales + kNearScales, _MM_HINT_T0);
        __m512i w[kLines];
        load_group(reinterpret_cast<const Code*>(at), constant, w);
        __m512i even = start;
        __m512i odd = _mm512_setzero_si512();
        for (int k = 0; k < kLines; k += 2) {
          even = _mm512_dpbusd_epi32(even, w[k], broadcast4(q + 4 * k));
          odd = _mm512_dpbusd_epi32(odd, w[k + 1], broadcast4(q + 4 * k + 4));
        }
        const __m512 weight_scale = load_scales(reinterpret_cast<const std::uint16_t*>(scales));
        acc[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)),
                                 _mm512_mul_ps(weight_scale, s), acc[i]);
      }
      far += bytes;
    };
    std::int64_t g = 0;
    for (; g + 1 < groups; g += 2) {
      add(g, true);
      add(g + 1, false);
    }
    if (g < groups) add(g, true);
    for (int i = 0; i < 4; ++i) _mm512_storeu_ps(runs.y[i] + t * kTileRows, acc[i]);
  }
}

void gemv4_q4(const FourRuns& runs, std::int64_t groups, const QuantRows& x) {
  stream4<std::uint8_t>(runs, kQ4GroupBytes, unsigned_codebook(), groups, x);
}

void gemv4_q8(const FourRuns& runs, std::int64_t groups, const QuantRows& x) {
  stream4<std::int8_t>(runs, kQ8GroupBytes, _mm512_set1_epi8(-128), groups, x);
}

std::int64_t peak_int8(std::int64_t n, std::int32_t* sink) {
  constexpr int kChains = 12;
  __m512i acc[kChains];
  for (int i = 0; i < kChains; ++i) acc[i] = _mm512_set1_epi32(i);
  __m512i a = _mm512_set1_epi8(3);
  __m512i b = _mm512_set1_epi8(1);
  for (std::int64_t i = 0; i < n; ++i) {
    __asm__ volatile("" : "+v"(a), "+v"(b));
    for (int c = 0; c < kChains; ++c) acc[c] = _mm512_dpbusd_epi32(acc[c], a, b);
  }
  __m512i sum = acc[0];
  for (int c = 1; c < kChains; ++c) sum = _mm512_add_epi32(sum, acc[c]);
  *sink += _mm512_reduce_add_epi32(sum);
  return n * kChains * 64;
}

// Four streams at once, each prefetched a little ahead, and a line a page or more ahead for its
// address translation: whatever reads memory fastest on the machines at hand.
std::uint64_t peak_read(const std::byte* p, std::int64_t bytes) {
  __m512i sum[4] = {};
  const std::int64_t quarter = bytes / 4;
  for (std::int64_t i = 0; i < quarter; i += 256) {
    for (int s = 0; s < 4; ++s) {
      const std::byte* at = p + s * quarter + i;
      prefetch(at + 32768);
      for (int l = 0; l < 4; ++l) prefetch(at + 2048 + 64 * l);
      for (int l = 0; l < 4; ++l) sum[l] = _mm512_xor_si512(sum[l], _mm512_load_si512(at + 64 * l));
    }
  }
  const __m512i all =
      _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]), _mm512_xor_si512(sum[2], sum[3]));
  return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(all));
}

}  // namespace

void fill_int8(Table& t) {
  t.expand_q4 = expand_q4;
  t.expand_q8 = expand_q8;
  t.gemm = gemm;
  t.gemv_tokens = 8;
  t.gemv_q4 = gemv_q4;
  t.gemv_q8 = gemv_q8;
  t.gemv_streams = 4;
  t.gemv4_q4 = gemv4_q4;
  t.gemv4_q8 = gemv4_q8;
  t.peak_int8 = peak_int8;
  t.peak_read = peak_read;
}

}  // namespace cactus::kernels::avx512vnni
