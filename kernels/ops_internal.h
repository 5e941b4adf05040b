// Pieces that ops_*.cpp share.
#pragma once
#include <algorithm>

#include "kernels/schedule.h"
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

// Whether the product of w and the only token of x is to be read in four runs side by side.
bool wants_runs(const Exec& e, const Matrix& w, const Activations& x);

// Four runs of tiles of type q4 or q8 times the only token of x.
void stream_runs(const Exec& e, Type type, const FourRuns& runs, const Activations& x);

const std::byte* tile_data(const Matrix& w, std::int64_t tile);

// Tokens of one piece of work: their activations stay in the second-level cache.
inline constexpr std::int64_t kTokenBlock = 256;

inline bool quantized(Type type) {
  return type == Type::q4 || type == Type::q8;
}
inline bool int8_product(const Matrix& w, const Activations& x) {
  return quantized(w.type) && w.layout == Layout::tiles && x.want_q8;
}

}  // namespace cactus::kernels
