// What a model family is to the rest of the engine: which checkpoints are its own, which tensors
// they hold, and how to make a decoder from a bundle. Families are rows of one table (registry.cpp);
// no shared code asks which family it has.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/models/decoder.h"
#include "engine/weights/bundle.h"

namespace cactus {

// What a tensor is for decides how it is stored.
enum class Use {
  matmul,   // quantised, Layout::tiles (also when rows of it are looked up, like a tied head)
  precise,  // the same, but never with less than 8 bits (image and audio towers)
  lookup,   // quantised, Layout::rows: never multiplied (per-layer embeddings)
  vector,   // stays f32
  bound,    // stays f32 and may be infinite (clip bounds)
  dense,    // convolution kernels and the like: 16-bit floats unless the recipe is f32
};

struct TensorSpec {
  std::string name;                 // canonical: the name in the bundle
  std::string source;               // its name in the checkpoint
  std::vector<std::int64_t> shape;  // as in the checkpoint
  Use use = Use::matmul;
};

// Every tensor a checkpoint of this configuration must have, and the names it may have besides
// (for example K and V of layers that share them), which are not converted.
struct TensorPlan {
  std::vector<TensorSpec> tensors;
  std::vector<std::string> ignored;
};

struct Family {
  std::string_view name;                              // "gemma4"
  bool (*matches)(const Json& config);                // by model_type / architectures
  Result<TensorPlan> (*plan)(const Json& config, std::span<const std::string> source_names);
  Result<std::unique_ptr<Decoder>> (*load)(std::shared_ptr<const Bundle> bundle);
};

std::span<const Family> families();
// incompatible when no family matches, naming the architecture and those that are supported.
Result<const Family*> family_of(const Json& config);

}  // namespace cactus
