// Small helpers on weight matrices that families share.
#pragma once
#include <cstdint>
#include <span>

#include "kernels/ops.h"

namespace cactus {

// Rows first … first+count-1 of w, in place. In Layout::tiles `first` must be a multiple of
// kTileRows: see can_slice.
kernels::Matrix row_slice(const kernels::Matrix& w, std::int64_t first, std::int64_t count);
bool can_slice(const kernels::Matrix& w, std::int64_t first);

// out [ids, w.cols] = rows of w, times `scale`.
void load_rows(kernels::Exec& exec, const kernels::Matrix& w, std::span<const std::int32_t> ids,
               float scale, float* out);

// Multiply-adds a row of activations takes, and bytes as stored.
double matrix_macs(const kernels::Matrix& w);
double matrix_size(const kernels::Matrix& w);

}  // namespace cactus
