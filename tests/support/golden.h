// Reference tensors (safetensors files of our own fixtures) for tests.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/files.h"

namespace cactus::test {

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;       // F32, F16, BF16
  std::vector<std::int64_t> ints;  // I64, I32, U8, BOOL
};

using Tensors = std::map<std::string, Tensor>;

// All tensors of a file; fails the test when it is not as expected.
Tensors read_safetensors(const std::filesystem::path& path);

// The greatest |a-b|, and sqrt(mean (a-b)²) / sqrt(mean b²). `b` is the reference.
double max_abs_difference(const float* a, const float* b, std::size_t n);
double relative_rms(const float* a, const float* b, std::size_t n);

}  // namespace cactus::test
