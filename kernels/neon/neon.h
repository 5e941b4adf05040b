// What the three ARM folders share. All of it has internal linkage: each folder is compiled with
// its own instruction-set flags, and no copy may be merged with another's.
#pragma once
#include <arm_neon.h>

#include "kernels/table.h"

#if defined(__clang__)
#define CACTUS_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CACTUS_UNROLL _Pragma("GCC unroll 16")
#endif
#define CACTUS_MEMBER inline __attribute__((always_inline))
#define CACTUS_INLINE static CACTUS_MEMBER

// Marks a loop body for packaging/ci/arm-mca.sh: kernel, bits of its weights, tokens and rows.
// Nothing in a normal build.
#ifdef CACTUS_MCA_MARKS
#define CACTUS_MCA(edge, name, bits, tokens, rows) \
  __asm volatile("# LLVM-MCA-" edge " " name "_w%c0_%c1x%c2" ::"i"(bits), "i"(tokens), "i"(rows))
#else
#define CACTUS_MCA(edge, name, bits, tokens, rows) static_cast<void>(0)
#endif

namespace cactus::kernels {
namespace {
namespace arm {

// 1.5·2²³: its bits plus an integer of magnitude up to 2²² are those of the float 1.5·2²³ +
// integer. Integer accumulators start from these bits and become floats by one subtraction,
// exactly; SCVTF takes its pipe twice as long on Neoverse N1 and V2. A group's dot product is at
// most 32·128·127 < 2²⁰.
constexpr float kMagic = 12582912.0F;

CACTUS_INLINE int32x4_t magic_zero() {
  return vreinterpretq_s32_f32(vdupq_n_f32(kMagic));
}
CACTUS_INLINE float32x4_t magic_float(int32x4_t acc) {
  return vsubq_f32(vreinterpretq_f32_s32(acc), vdupq_n_f32(kMagic));
}

// bf16 to float puts zeros below each half. (A shift would do, but only half of the pipes shift.)
CACTUS_INLINE float32x4_t bf16_low(uint16x8_t h) {
  return vreinterpretq_f32_u16(vzip1q_u16(vdupq_n_u16(0), h));
}
CACTUS_INLINE float32x4_t bf16_high(uint16x8_t h) {
  return vreinterpretq_f32_u16(vzip2q_u16(vdupq_n_u16(0), h));
}
// Scales of rows 4·quad … 4·quad+3 of a tile.
CACTUS_INLINE float32x4_t bf16_quad(const std::uint16_t* scales, int quad) {
  const uint16x8_t h = vld1q_u16(scales + 8 * (quad / 2));
  return quad % 2 == 0 ? bf16_low(h) : bf16_high(h);
}

// Where a product kernel reads the weights of one group of a tile: load<V>(quad) gives rows 4·quad
// … 4·quad+3 × columns 8V … 8V+3 (lo) and 8V+4 … 8V+7 (hi), four bytes a row; scale(quad) the
// scales of these rows; next() goes to the next group; second_half() is the same from row 8 on.
struct Pair {
  int8x16_t lo;
  int8x16_t hi;
};

struct PackedQ4 {
  const std::uint16_t* scales;
  const std::uint8_t* codes;
  int8x16_t codebook;
  static constexpr int kBits = 4;

  template <int V>
  CACTUS_MEMBER Pair load(int quad) const {
    const uint8x16_t both = vld1q_u8(codes + 64 * V + 16 * quad);
    return {vqtbl1q_s8(codebook, vandq_u8(both, vdupq_n_u8(15))),
            vqtbl1q_s8(codebook, vshrq_n_u8(both, 4))};
  }
  CACTUS_MEMBER float32x4_t scale(int quad) const { return bf16_quad(scales, quad); }
  CACTUS_MEMBER void next() {
    scales += kTileRows;
    codes += kQ4GroupBytes;
  }
  CACTUS_MEMBER PackedQ4 second_half() const { return {scales + 8, codes + 32, codebook}; }
};

struct PackedQ8 {
  const std::uint16_t* scales;
  const std::int8_t* values;
  static constexpr int kBits = 8;

  template <int V>
  CACTUS_MEMBER Pair load(int quad) const {
    return {vld1q_s8(values + 128 * V + 16 * quad), vld1q_s8(values + 128 * V + 64 + 16 * quad)};
  }
  CACTUS_MEMBER float32x4_t scale(int quad) const { return bf16_quad(scales, quad); }
  CACTUS_MEMBER void next() {
    scales += kTileRows;
    values += kQ8GroupBytes;
  }
  CACTUS_MEMBER PackedQ8 second_half() const { return {scales + 8, values + 32}; }
};

// Operand form of neon and dotprod, a group: 16 float scales; then for each half of the tile (8
// rows) 256 bytes: for each four columns 32 bytes, four a row. A half is read as one stream.
struct Operand {
  const float* scales;  // of this half
  const std::int8_t* values;
  static constexpr int kBits = 0;

  template <int V>
  CACTUS_MEMBER Pair load(int quad) const {
    const std::int8_t* p = values + 256 * (quad / 2) + 64 * V + 16 * (quad % 2);
    return {vld1q_s8(p), vld1q_s8(p + 32)};
  }
  CACTUS_MEMBER float32x4_t scale(int quad) const { return vld1q_f32(scales + 4 * quad); }
  CACTUS_MEMBER void next() {
    scales += kOperandBytes / 4;
    values += kOperandBytes;
  }
  CACTUS_MEMBER Operand second_half() const { return {scales + 8, values + 256}; }
};

CACTUS_INLINE Operand operand_at(const std::byte* p) {
  return {reinterpret_cast<const float*>(p), reinterpret_cast<const std::int8_t*>(p + 64)};
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
