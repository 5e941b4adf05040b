// What operations need besides their arguments: one set of buffers for each thread of the pool,
// grown on first use, kept between calls. Private to ops_*.cpp.
#pragma once
#include <memory>
#include <vector>

#include "kernels/ops.h"

namespace cactus::kernels {

struct Exec::Scratch {
  struct Worker {
    Buffer<std::byte> operand;   // expanded weights
    Buffer<float> tile[2];       // results of a row block (gate and up, or a partial tile)
    Buffer<float> row;           // rows of floats
    Buffer<float> scores;        // attention: [queries, positions]
    Buffer<float> query;         // attention: [queries, head_dim]
    Buffer<std::int8_t> query8;  // the same as int8, with
    Buffer<float> query_scale;   // its scales [queries]
    Buffer<std::int32_t> query_sum;
    Buffer<float> shrink;          // attention: factors [2, queries]
    Buffer<std::int32_t> visible;  // attention: first and last visible column [2, queries]
  };
  explicit Scratch(int threads) : workers(static_cast<std::size_t>(threads)) {}
  Worker& worker(int i) { return workers[static_cast<std::size_t>(i)]; }

  std::vector<Worker> workers;
  Buffer<float> gate;  // [count, rows] of the gated MLP on float weights
  Buffer<float> up;
  Buffer<std::int64_t> places;  // reductions over logits: results of pieces
  Buffer<float> maxima;
  Buffer<double> sums;
  Buffer<std::int64_t> blocks;  // attention: first positions of blocks
  Buffer<float> partial;        // attention: results of chunks of positions
};

}  // namespace cactus::kernels
