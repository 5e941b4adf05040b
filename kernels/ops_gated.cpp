// The first half of a gated MLP: act(gate·x) ∘ (up·x), quantised where it is computed.
#include <algorithm>

#include "kernels/ops_internal.h"

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
  const std::int64_t fair = blocks / (4 * static_cast<std::int64_t>(e.pool.threads()));
  const std::int64_t grain =
      x.count <= e.table.gemv_tokens ? std::clamp<std::int64_t>(fair, 1, 2) : 1;
  e.pool.run(blocks * token_blocks, grain, [&](std::int64_t unit, std::int64_t last, int worker) {
    Exec::Scratch::Worker& scratch = e.scratch->worker(worker);
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
      if (!stream_pairs(e, gate, tile, g, up, tile, u, x)) {
        multiply_tiles(e, scratch, gate, tile, tiles, x, begin, end, g, kBlockRows);
        multiply_tiles(e, scratch, up, tile, tiles, x, begin, end, u, kBlockRows);
      }
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
