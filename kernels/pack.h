// Quantisers: float rows into the layouts of types.h.
#pragma once
#include <cstdint>

#include "kernels/types.h"

namespace cactus::kernels {

// Packs `rows` (1 … 16 for Layout::tiles, any number for Layout::rows) rows of w [rows, cols],
// rows `ldw` floats apart, into out (stride_bytes per tile or row). Values must be finite.
// q4: scale by least squares against the codebook, either sign; q8: round to nearest.
void pack(Type type, Layout layout, const float* w, std::int64_t rows, std::int64_t cols,
          std::int64_t ldw, void* out);

// The inverse, for tests, for tables and for the exact path: row `row` of w as floats.
void unpack_row(const Matrix& w, std::int64_t row, float* out);

float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);   // round to nearest even, NaN stays NaN
float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);    // round to nearest even

}  // namespace cactus::kernels
