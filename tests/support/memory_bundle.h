// A bundle in memory, made from a checkpoint of the fixtures: what tests of the engine run on when
// they are not about files.
#pragma once
#include <memory>
#include <string>

#include "engine/weights/bundle.h"
#include "kernels/types.h"

namespace cactus::test {

// `name` is a folder of tests/fixtures. Matrices become `type` (Layout::tiles when quantised, the
// per-layer embedding table Layout::rows), everything else f32. Names lose their prefix. With
// `dequantised` the matrices are f32 and hold what `type` makes of their values.
std::shared_ptr<const Bundle> memory_bundle(const std::string& name, kernels::Type type,
                                            bool dequantised = false);

}  // namespace cactus::test
