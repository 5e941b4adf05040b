// Takes a decoder's tensors out of a bundle one after the other and keeps the first error, so that
// a family's list of weights stays a list.
#pragma once
#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/weights/bundle.h"
#include "kernels/types.h"

namespace cactus {

class WeightReader {
 public:
  explicit WeightReader(const Bundle& bundle) : bundle_(bundle) {}

  // A matrix [rows, cols] that is multiplied: decides which forms of activations are needed.
  void matmul(kernels::Matrix& out, const std::string& name, std::int64_t rows, std::int64_t cols);
  // A matrix of which only rows are read.
  void lookup(kernels::Matrix& out, const std::string& name, std::int64_t rows, std::int64_t cols);
  void vector(const float*& out, const std::string& name, std::int64_t n);

  bool any_float() const { return any_float_; }          // some matrix takes float activations
  bool any_quantised() const { return any_quantised_; }  // some matrix takes int8 activations
  // incompatible, naming the tensor that is absent or of another shape.
  Status status() const { return status_; }

 private:
  const Bundle& bundle_;
  Status status_ = ok_status();
  bool any_float_ = false;
  bool any_quantised_ = false;
};

}  // namespace cactus
