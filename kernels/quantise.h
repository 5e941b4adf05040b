// One group of 32 weights to codes and a scale: what pack.cpp lays out. docs/quantisation.md says
// why these choices, and has their measured errors.
#pragma once
#include <cstdint>

#include "kernels/types.h"

namespace cactus::kernels {

// x: kGroup finite values. code: kGroup values in [0, 16). Returns the scale's bf16 bits (0 when
// the group is all zero or too small for bf16); weight ≈ scale × kCodebook[code].
std::uint16_t quantise_q4(const float* x, std::uint8_t* code);

// The same with value in [-127, 127]; weight ≈ scale × value.
std::uint16_t quantise_q8(const float* x, std::int8_t* value);

}  // namespace cactus::kernels
