// Pieces that ops_*.cpp share.
#pragma once
#include "kernels/scratch.h"

namespace cactus::kernels {

// Sizes `a` for count rows of cols; contents are undefined until stored.
void reserve(Activations& a, std::int64_t count, std::int64_t cols);

// Stores x [32·groups] as groups first_group … of row t, in the forms `a` wants.
void store_groups(const Exec& e, Activations& a, std::int64_t t, std::int64_t first_group,
                  std::int64_t groups, const float* x);

// The int8 products of `tiles` (1 … kMaxGemmTiles) tiles of w from tile `first` on, for tokens
// [begin, end) of x: y[t - begin][16·i + r], 16·tiles columns.
void multiply_tiles(const Exec& e, Exec::Scratch::Worker& scratch, const Matrix& w,
                    std::int64_t first, std::int64_t tiles, const Activations& x,
                    std::int64_t begin, std::int64_t end, float* y, std::int64_t ldy);

// Two tiles of each of two matrices of one type (or twice of one) for the only token of x, read
// side by side: 32 results to each of first_y and second_y. False, and nothing is done, when the
// instruction set does not want that, x has more tokens, or a tile is not whole.
bool stream_pairs(const Exec& e, const Matrix& first, std::int64_t first_tile, float* first_y,
                  const Matrix& second, std::int64_t second_tile, float* second_y,
                  const Activations& x);

// Tokens of one piece of work: their activations stay in the second-level cache.
inline constexpr std::int64_t kTokenBlock = 256;

inline bool quantized(Type type) {
  return type == Type::q4 || type == Type::q8;
}
inline bool int8_product(const Matrix& w, const Activations& x) {
  return quantized(w.type) && w.layout == Layout::tiles && x.want_q8;
}

}  // namespace cactus::kernels
