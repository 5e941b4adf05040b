// What is converted into what: the tensors a family's plan wants, matched with those a source has.
#pragma once
#include <vector>

#include "engine/convert/tensor_source.h"
#include "engine/models/family.h"
#include "engine/weights/bundle.h"

namespace cactus {

// One tensor's way from the source into the bundle.
struct Conversion {
  const SourceTensor* source = nullptr;
  TensorInfo target;             // offset, size and hash still open
  bool may_be_infinite = false;  // clip bounds
};

// How a tensor of this use and source type is stored when the recipe has `bits` (4, 8, 16, 32):
//            matmul      precise     lookup     dense    vector, bound
//   4        q4 tiles    q8 tiles    q4 rows    16-bit   f32
//   8        q8 tiles    q8 tiles    q8 rows    16-bit   f32
//   16       16-bit      16-bit      16-bit     16-bit   f32
//   32       f32 everywhere
// 16-bit: bf16 as it is where the source has that (nothing is lost), else f16.
TensorInfo stored_as(Use use, SourceType source, int bits);

// Every tensor of the plan with its source, in the plan's order. `source` must outlive the result.
// incompatible: missing, unknown and misshapen tensors and types that are no floats, by name.
Result<std::vector<Conversion>> match(const TensorPlan& plan, const TensorSource& source, int bits);

// match() with the family's plan for this configuration.
Result<std::vector<Conversion>> conversions_of(const Family& family, const Json& config,
                                               const TensorSource& source, int bits);

// Bytes of weights.cactus.
Result<std::uint64_t> bundle_size(std::span<const Conversion> conversions);

}  // namespace cactus
