// The first half of a gated MLP: act(gate·x) ∘ (up·x), quantised where it is computed.
#include <algorithm>

#include "kernels/ops_internal.h"
#include "kernels/pack.h"

namespace cactus::kernels {
namespace {

constexpr std::int64_t kBlockRows = kMaxGemmTiles * kTileRows;
static_assert(kBlockRows == kGroup, "a row block of gate and up is one group of the result");

void set_gated_f32(Exec& e, Activations& out, const Matrix& gate, const Matrix& up,
                   const Activations& x, Gate act) {
  const std::int64_t rows = gate.rows;
  float* g = e.scratch->gate.reserve(x.count * rows);
  float* u = e.scratch->up.reserve(x.count * rows);
  const Product products[] = {{&gate, g, rows}, {&up, u, rows}};
  matmul(e, products, x);
  gate_mul(e, g, u, x.count * rows, act);
  set_rows(e, out, g, x.count, rows, rows);
}

}  // namespace

void set_gated(Exec& e, Activations& out, const Matrix& gate, const Matrix& up,
               const Activations& x, Gate act) {
  if (!int8_product(gate, x) || !int8_product(up, x)) {
    set_gated_f32(e, out, gate, up, x, act);
    return;
  }
  reserve(out, x.count, gate.rows);
  const auto gate_mul_row = act == Gate::gelu_tanh ? e.table.gelu_mul : e.table.silu_mul;
  const std::int64_t blocks = out.groups();
  const std::int64_t token_blocks = (x.count + kTokenBlock - 1) / kTokenBlock;
  const Schedule schedule = x.count <= e.table.gemv_tokens
                                ? Schedule(blocks * token_blocks, e.pool.threads())
                                : Schedule(blocks * token_blocks);
  const bool in_runs = wants_runs(e, gate, x) && wants_runs(e, up, x) && gate.type == up.type &&
                       up.rows == gate.rows;
  e.pool.run(schedule.pieces(), 1, [&](std::int64_t piece, std::int64_t next, int worker) {
    Exec::Scratch::Worker& scratch = e.scratch->worker(worker);
    std::int64_t unit = schedule.begin(piece);
    const std::int64_t last = schedule.begin(next);
    if (in_runs && last <= gate.rows / kBlockRows) {
      const std::int64_t n = (last - unit) * kBlockRows;
      float* g = scratch.tile[0].reserve(n);
      float* u = scratch.tile[1].reserve(n);
      FourRuns runs;
      runs.count = last - unit;
      runs.stride = stride_bytes(gate.type, Layout::tiles, gate.cols);
      for (int r = 0; r < 4; ++r) {
        const std::int64_t tile = r % 2 * runs.count;
        runs.tiles[r] = tile_data(r < 2 ? gate : up, unit * kMaxGemmTiles + tile);
        runs.y[r] = (r < 2 ? g : u) + tile * kTileRows;
      }
      stream_runs(e, gate.type, runs, x);
      gate_mul_row(g, u, n);
      store_groups(e, out, 0, unit, last - unit, g);
      return;
    }
    for (; unit < last; ++unit) {
      const std::int64_t begin = unit / blocks * kTokenBlock;
      const std::int64_t end = std::min(begin + kTokenBlock, x.count);
      const std::int64_t block = unit % blocks;
      const std::int64_t rows = std::min(kBlockRows, gate.rows - block * kBlockRows);
      const std::int64_t tiles = (rows + kTileRows - 1) / kTileRows;
      const std::int64_t n = (end - begin) * kBlockRows;
      float* g = scratch.tile[0].reserve(n);
      float* u = scratch.tile[1].reserve(n);
      const std::int64_t tile = block * kMaxGemmTiles;
      multiply_tiles(e, scratch, gate, tile, tiles, x, begin, end, g, kBlockRows);
      multiply_tiles(e, scratch, up, tile, tiles, x, begin, end, u, kBlockRows);
      if (rows < kBlockRows) {
        for (std::int64_t t = 0; t < end - begin; ++t) {
          std::fill(g + t * kBlockRows + rows, g + (t + 1) * kBlockRows, 0.0F);
          std::fill(u + t * kBlockRows + rows, u + (t + 1) * kBlockRows, 0.0F);
        }
      }
      gate_mul_row(g, u, n);
      for (std::int64_t t = begin; t < end; ++t)
        store_groups(e, out, t, block, 1, g + (t - begin) * kBlockRows);
    }
  });
}

}  // namespace cactus::kernels
