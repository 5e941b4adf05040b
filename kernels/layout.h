// Constants of the packed layouts (types.h describes them), without any library header: sources of
// the instruction-set folders include this and table.h only, so that no inline function or template
// of the standard library is ever compiled with their flags (the linker could keep that copy).
#pragma once
#include <cstddef>
#include <cstdint>

namespace cactus::kernels {

inline constexpr std::int64_t kGroup = 32;     // weights (and activations) that share a scale
inline constexpr std::int64_t kTileRows = 16;  // rows of a matrix that are interleaved
inline constexpr std::size_t kAlignment = 64;  // of every tensor, tile and buffer, in bytes

// The values of the 16 4-bit codes (see docs/quantisation.md for where they come from). Within
// ±127 so that a code is a byte shuffle away from an int8 operand.
extern const std::int8_t kCodebook[16];

// One group of one tile of q4 or q8, in bytes.
inline constexpr std::int64_t kQ4GroupBytes = 256;
inline constexpr std::int64_t kQ8GroupBytes = 512;

}  // namespace cactus::kernels
