// How the row blocks of a product are split into pieces of work.
#pragma once
#include <algorithm>
#include <cstdint>

namespace cactus::kernels {

// Pieces for streamed weights, whose time is memory's. The first are large, because every start of
// a piece waits for memory; each later one is a fixed share of what is left, so that threads end
// together, also when one of them is slower. Sizes are even (two blocks are the least that is read
// in four runs) but for what is left at the end. Never more than kMost pieces.
class Schedule {
 public:
  // Pieces of one block each.
  explicit Schedule(std::int64_t blocks) : pieces_(blocks), shares_(false) {}

  Schedule(std::int64_t blocks, int threads) : pieces_(0), shares_(true) {
    const std::int64_t least =
        2 * std::max<std::int64_t>(1, (blocks + 2 * kMost - 1) / (2 * kMost));
    for (std::int64_t at = 0; at < blocks; ++pieces_) {
      begin_[pieces_] = at;
      const std::int64_t left = blocks - at;
      const std::int64_t share = left * 2 / (3 * static_cast<std::int64_t>(threads)) / 2 * 2;
      at += std::min(left, std::max(least, share));
    }
    begin_[pieces_] = blocks;
  }

  std::int64_t pieces() const { return pieces_; }
  // The first block of a piece; of piece `pieces()`: the number of blocks.
  std::int64_t begin(std::int64_t piece) const { return shares_ ? begin_[piece] : piece; }

 private:
  static constexpr std::int64_t kMost = 256;
  std::int64_t pieces_;
  bool shares_;
  std::int64_t begin_[kMost + 1];
};

}  // namespace cactus::kernels
