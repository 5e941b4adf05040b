// A bundle in memory, made from a checkpoint of the fixtures: what tests of the engine run on when
// they are not about files.
#pragma once
#include <memory>
#include <string>

#include "engine/weights/bundle.h"
#include "kernels/types.h"

namespace cactus::test {

// A matrix and the memory it lies in.
struct StoredMatrix {
  kernels::Matrix matrix;
  kernels::Buffer<std::byte> bytes;
};
// values [rows, cols] as `type` and `layout`.
StoredMatrix store_matrix(const float* values, std::int64_t rows, std::int64_t cols,
                          kernels::Type type, kernels::Layout layout);
// The same as f32: what `type` made of the values.
StoredMatrix dequantised(const StoredMatrix& stored);

// `name` is a folder of tests/fixtures. Matrices become `type` (Layout::tiles when quantised, the
// per-layer embedding table Layout::rows), everything else f32. Names lose their prefix. With
// `dequantised` the matrices are f32 and hold what `type` makes of their values.
std::shared_ptr<const Bundle> memory_bundle(const std::string& name, kernels::Type type,
                                            bool dequantised = false);

}  // namespace cactus::test
