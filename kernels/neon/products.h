// The int8 products around one inner loop: which tokens and rows it gets. `Kernel` is the inner
// loop of an instruction set: Kernel::multiply<T, Q>(weights, groups, a, lda, scale, lds, y, ldy,
// accumulate) for T tokens × 4·Q rows. Included by neon/ and dotprod/, each with its own flags.
#pragma once
#include "kernels/neon/neon.h"

namespace cactus::kernels {
namespace {
namespace arm {

// One function for each shape, not inlined into its callers.
template <class Kernel, int T, int Q, class Weights>
__attribute__((noinline)) void block(Weights w, std::int64_t groups, const std::int8_t* a,
                                     std::int64_t lda, const float* scale, std::int64_t lds,
                                     float* y, std::int64_t ldy, bool accumulate) {
  Kernel::template multiply<T, Q>(w, groups, a, lda, scale, lds, y, ldy, accumulate);
}

// T tokens × the 16 rows of a tile: at once while the accumulators fit the 32 registers, else in
// two halves.
template <class Kernel, int T, class Weights>
CACTUS_INLINE void tile(Weights w, std::int64_t groups, const QuantRows& x, std::int64_t token,
                        float* y, std::int64_t ldy, bool accumulate) {
  const std::int8_t* a = x.q + token * x.ldq;
  const float* scale = x.scale + token * x.ldg;
  y += token * ldy;
  if constexpr (T <= Kernel::kWholeTileTokens) {
    block<Kernel, T, 4>(w, groups, a, x.ldq, scale, x.ldg, y, ldy, accumulate);
  } else {
    block<Kernel, T, 2>(w, groups, a, x.ldq, scale, x.ldg, y, ldy, accumulate);
    block<Kernel, T, 2>(w.second_half(), groups, a, x.ldq, scale, x.ldg, y + 8, ldy, accumulate);
  }
}

// 4, 2 or 1 tokens from `token` on, at most Kernel::kTokens; returns how many.
template <class Kernel, class Weights>
CACTUS_INLINE std::int64_t some_tokens(Weights w, std::int64_t groups, const QuantRows& x,
                                       std::int64_t token, float* y, std::int64_t ldy,
                                       bool accumulate) {
  const std::int64_t left = x.count - token;
  if constexpr (Kernel::kTokens >= 4)
    if (left >= 4) return tile<Kernel, 4>(w, groups, x, token, y, ldy, accumulate), 4;
  if (left >= 2) return tile<Kernel, 2>(w, groups, x, token, y, ldy, accumulate), 2;
  return tile<Kernel, 1>(w, groups, x, token, y, ldy, accumulate), 1;
}

template <class Kernel>
void gemm(const std::byte* operand, std::int64_t operand_stride, std::int64_t tiles,
          std::int64_t groups, const QuantRows& x, float* y, std::int64_t ldy, bool accumulate) {
  for (std::int64_t t = 0; t < x.count;) {
    std::int64_t done = 0;
    for (std::int64_t i = 0; i < tiles; ++i)
      done = some_tokens<Kernel>(operand_at(operand + i * operand_stride), groups, x, t,
                                 y + i * kTileRows, ldy, accumulate);
    t += done;
  }
}

template <class Kernel, class Weights>
CACTUS_INLINE void gemv(Weights w, std::int64_t groups, const QuantRows& x, float* y,
                        std::int64_t ldy) {
  for (std::int64_t t = 0; t < x.count;) t += some_tokens<Kernel>(w, groups, x, t, y, ldy, false);
}

template <class Kernel>
void gemv_q4(const std::uint16_t* scales, const std::uint8_t* codes, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv<Kernel>(PackedQ4{scales, codes, vld1q_s8(kCodebook)}, groups, x, y, ldy);
}

template <class Kernel>
void gemv_q8(const std::uint16_t* scales, const std::int8_t* values, std::int64_t groups,
             const QuantRows& x, float* y, std::int64_t ldy) {
  gemv<Kernel>(PackedQ8{scales, values}, groups, x, y, ldy);
}

}  // namespace arm
}  // namespace
}  // namespace cactus::kernels
