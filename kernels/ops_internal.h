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

// Tokens of one piece of work: their activations stay in the second-level cache.
inline constexpr std::int64_t kTokenBlock = 256;

inline bool quantized(Type type) {
  return type == Type::q4 || type == Type::q8;
}
inline bool int8_product(const Matrix& w, const Activations& x) {
  return quantized(w.type) && w.layout == Layout::tiles && x.want_q8;
}

}  // namespace cactus::kernels
