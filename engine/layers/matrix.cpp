#include "engine/layers/matrix.h"

namespace cactus {

kernels::Matrix row_slice(const kernels::Matrix& w, std::int64_t first, std::int64_t count) {
  const std::int64_t unit = w.layout == kernels::Layout::tiles ? kernels::kTileRows : 1;
  kernels::Matrix slice = w;
  slice.data = static_cast<const std::byte*>(w.data) +
               first / unit * kernels::stride_bytes(w.type, w.layout, w.cols);
  slice.rows = count;
  return slice;
}

bool can_slice(const kernels::Matrix& w, std::int64_t first) {
  const std::int64_t unit = w.layout == kernels::Layout::tiles ? kernels::kTileRows : 1;
  return first % unit == 0;
}

void load_rows(kernels::Exec& exec, const kernels::Matrix& w, std::span<const std::int32_t> ids,
               float scale, float* out) {
  constexpr std::int64_t kGrain = 16;  // rows of one piece of work
  exec.pool.run(static_cast<std::int64_t>(ids.size()), kGrain,
                [&](std::int64_t begin, std::int64_t end, int) {
                  for (std::int64_t i = begin; i < end; ++i) {
                    kernels::load_row(exec, w, ids[static_cast<std::size_t>(i)], scale,
                                      out + i * w.cols);
                  }
                });
}

double matrix_macs(const kernels::Matrix& w) {
  return static_cast<double>(w.rows) * static_cast<double>(w.cols);
}

double matrix_size(const kernels::Matrix& w) {
  return static_cast<double>(kernels::matrix_bytes(w.type, w.layout, w.rows, w.cols));
}

}  // namespace cactus
