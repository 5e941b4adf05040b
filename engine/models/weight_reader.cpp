#include "engine/models/weight_reader.h"

namespace cactus {

void WeightReader::matmul(kernels::Matrix& out, const std::string& name, std::int64_t rows,
                          std::int64_t cols) {
  lookup(out, name, rows, cols);
  const bool quantised = out.type == kernels::Type::q8 || out.type == kernels::Type::q4;
  (quantised ? any_quantised_ : any_float_) = true;
}

void WeightReader::lookup(kernels::Matrix& out, const std::string& name, std::int64_t rows,
                          std::int64_t cols) {
  if (!status_) return;
  Result<kernels::Matrix> matrix = bundle_.matrix(name, rows, cols);
  if (!matrix) {
    status_ = std::move(matrix).error();
    return;
  }
  out = *matrix;
}

void WeightReader::vector(const float*& out, const std::string& name, std::int64_t n) {
  if (!status_) return;
  Result<std::span<const float>> values = bundle_.vector(name, n);
  if (!values) {
    status_ = std::move(values).error();
    return;
  }
  out = values->data();
}

}  // namespace cactus
