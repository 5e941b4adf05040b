// Matrix products: rows are split in blocks of 32, tokens in blocks of kTokenBlock, and the pieces
// handed to the pool. Few tokens stream the packed weights; many expand a block of weights once and
// run all their tokens over it while it lies in the first-level cache.
#include <algorithm>

#include "kernels/ops_internal.h"
#include "kernels/pack.h"

namespace cactus::kernels {
namespace {

constexpr std::int64_t kBlockRows = kMaxGemmTiles * kTileRows;

// Groups expanded at a time: 64 × 576 bytes × 2 tiles = 72 KiB, in the second-level cache, from
// which they stream; fewer cost more in reloading sums than the first-level cache gains.
constexpr std::int64_t kBlockGroups = 64;

struct PackedTile {
  const std::uint16_t* scales;
  const std::byte* codes;
};

PackedTile tile_of(const Matrix& w, std::int64_t tile) {
  const std::int64_t stride = stride_bytes(w.type, Layout::tiles, w.cols);
  const std::int64_t group = w.type == Type::q4 ? kQ4GroupBytes : kQ8GroupBytes;
  const auto* p = static_cast<const std::byte*>(w.data) + tile * stride;
  return {reinterpret_cast<const std::uint16_t*>(p), p + stride - groups_of(w.cols) * group};
}

QuantRows rows_of(const Activations& x, std::int64_t begin, std::int64_t end, std::int64_t group) {
  const std::int64_t at = begin * x.groups() + group;
  return {x.q.data() + at * kGroup,
          x.scale.data() + at,
          x.bias.data() + at,
          x.padded(),
          x.groups(),
          end - begin};
}

void stream_tile(const Table& table, Type type, PackedTile tile, std::int64_t groups,
                 const QuantRows& x, float* y, std::int64_t ldy) {
  if (type == Type::q4) {
    table.gemv_q4(tile.scales, reinterpret_cast<const std::uint8_t*>(tile.codes), groups, x, y,
                  ldy);
  } else {
    table.gemv_q8(tile.scales, reinterpret_cast<const std::int8_t*>(tile.codes), groups, x, y, ldy);
  }
}

void expand_tile(const Table& table, Type type, PackedTile tile, std::int64_t first,
                 std::int64_t groups, std::byte* operand) {
  const std::uint16_t* scales = tile.scales + first * kTileRows;
  if (type == Type::q4) {
    const auto* codes = reinterpret_cast<const std::uint8_t*>(tile.codes);
    table.expand_q4(scales, codes + first * kQ4GroupBytes, groups, operand);
  } else {
    const auto* values = reinterpret_cast<const std::int8_t*>(tile.codes);
    table.expand_q8(scales, values + first * kQ8GroupBytes, groups, operand);
  }
}

// Rows [32·block, …) of p for tokens [begin, end): int8.
void multiply_block(const Exec& e, Exec::Scratch::Worker& scratch, const Product& p,
                    std::int64_t block, const Activations& x, std::int64_t begin,
                    std::int64_t end) {
  const std::int64_t first = block * kBlockRows;
  const std::int64_t rows = std::min(kBlockRows, p.w->rows - first);
  const std::int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  float* y = p.y + begin * p.ldy + first;
  if (rows == tiles * kTileRows) {
    multiply_tiles(e, scratch, *p.w, first / kTileRows, tiles, x, begin, end, y, p.ldy);
    return;
  }
  float* whole = scratch.tile[0].reserve((end - begin) * kBlockRows);
  multiply_tiles(e, scratch, *p.w, first / kTileRows, tiles, x, begin, end, whole, kBlockRows);
  for (std::int64_t t = 0; t < end - begin; ++t)
    std::copy_n(whole + t * kBlockRows, rows, y + t * p.ldy);
}

// The same in floats: on float weights, or on dequantised ones.
void multiply_block_f32(const Exec& e, Exec::Scratch::Worker& scratch, const Product& p,
                        std::int64_t block, const Activations& x, std::int64_t begin,
                        std::int64_t end) {
  const Matrix& w = *p.w;
  const std::int64_t first = block * kBlockRows;
  const std::int64_t rows = std::min(kBlockRows, w.rows - first);
  const float* xs = x.f.data() + begin * x.padded();
  float* y = p.y + begin * p.ldy + first;
  const std::int64_t count = end - begin;
  if (w.type == Type::f32) {
    e.table.matmul_f32(static_cast<const float*>(w.data) + first * w.cols, w.cols, rows, w.cols, xs,
                       x.padded(), count, y, p.ldy);
  } else if (w.type == Type::f16 || w.type == Type::bf16) {
    const auto f = w.type == Type::f16 ? e.table.matmul_f16 : e.table.matmul_bf16;
    f(static_cast<const std::uint16_t*>(w.data) + first * w.cols, w.cols, rows, w.cols, xs,
      x.padded(), count, y, p.ldy);
  } else {
    float* unpacked = scratch.row.reserve(kBlockRows * w.cols);
    for (std::int64_t r = 0; r < rows; ++r) unpack_row(w, first + r, unpacked + r * w.cols);
    e.table.matmul_f32(unpacked, w.cols, rows, w.cols, xs, x.padded(), count, y, p.ldy);
  }
}

std::int64_t blocks_of(const Matrix& w) {
  return (w.rows + kBlockRows - 1) / kBlockRows;
}

}  // namespace

void multiply_tiles(const Exec& e, Exec::Scratch::Worker& scratch, const Matrix& w,
                    std::int64_t first, std::int64_t tiles, const Activations& x,
                    std::int64_t begin, std::int64_t end, float* y, std::int64_t ldy) {
  const std::int64_t groups = x.groups();
  if (end - begin <= e.table.gemv_tokens) {
    for (std::int64_t i = 0; i < tiles; ++i)
      stream_tile(e.table, w.type, tile_of(w, first + i), groups, rows_of(x, begin, end, 0),
                  y + i * kTileRows, ldy);
    return;
  }
  constexpr std::int64_t stride = kBlockGroups * kOperandBytes;
  std::byte* operand = scratch.operand.reserve(stride * kMaxGemmTiles);
  for (std::int64_t g = 0; g < groups; g += kBlockGroups) {
    const std::int64_t n = std::min(kBlockGroups, groups - g);
    for (std::int64_t i = 0; i < tiles; ++i)
      expand_tile(e.table, w.type, tile_of(w, first + i), g, n, operand + i * stride);
    e.table.gemm(operand, stride, tiles, n, rows_of(x, begin, end, g), y, ldy, g > 0);
  }
}

bool wants_runs(const Exec& e, const Matrix& w, const Activations& x) {
  return e.table.gemv_streams == 4 && x.count == 1 && int8_product(w, x);
}

void stream_runs(const Exec& e, Type type, const FourRuns& runs, const Activations& x) {
  const auto f = type == Type::q4 ? e.table.gemv4_q4 : e.table.gemv4_q8;
  f(runs, x.groups(), rows_of(x, 0, 1, 0));
}

const std::byte* tile_data(const Matrix& w, std::int64_t tile) {
  return static_cast<const std::byte*>(w.data) + tile * stride_bytes(w.type, Layout::tiles, w.cols);
}

void matmul(Exec& e, std::span<const Product> products, const Activations& x) {
  std::int64_t blocks = 0;
  for (const Product& p : products) blocks += blocks_of(*p.w);
  if (blocks == 0 || x.count == 0) return;
  const std::int64_t token_blocks = (x.count + kTokenBlock - 1) / kTokenBlock;
  const Schedule schedule = x.count <= e.table.gemv_tokens
                                ? Schedule(blocks * token_blocks, e.pool.threads())
                                : Schedule(blocks * token_blocks);
  // Token blocks are the outer loop: their activations are read again for every row block.
  e.pool.run(schedule.pieces(), 1, [&](std::int64_t piece, std::int64_t next, int worker) {
    Exec::Scratch::Worker& scratch = e.scratch->worker(worker);
    std::int64_t unit = schedule.begin(piece);
    const std::int64_t last = schedule.begin(next);
    for (; unit < last; ++unit) {
      const std::int64_t begin = unit / blocks * kTokenBlock;
      const std::int64_t end = std::min(begin + kTokenBlock, x.count);
      std::int64_t block = unit % blocks;
      std::size_t i = 0;
      for (; block >= blocks_of(*products[i].w); ++i) block -= blocks_of(*products[i].w);
      const Product& p = products[i];
      if (wants_runs(e, *p.w, x)) {
        // Whole blocks of this product in this piece, in four runs.
        const std::int64_t whole = std::min(p.w->rows / kBlockRows, block + last - unit) - block;
        if (whole >= 2) {
          FourRuns runs;
          runs.count = whole / 2;
          runs.stride = stride_bytes(p.w->type, Layout::tiles, p.w->cols);
          for (int r = 0; r < 4; ++r) {
            const std::int64_t tile = block * kMaxGemmTiles + r * runs.count;
            runs.tiles[r] = tile_data(*p.w, tile);
            runs.y[r] = p.y + tile * kTileRows;
          }
          stream_runs(e, p.w->type, runs, x);
          unit += 2 * runs.count - 1;
          continue;
        }
      }
      const auto f = int8_product(*p.w, x) ? multiply_block : multiply_block_f32;
      f(e, scratch, p, block, x, begin, end);
    }
  });
}

}  // namespace cactus::kernels
