// A bundle of any shape without files.
#pragma once
#include <cmath>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "engine/weights/bundle.h"
#include "tests/support/memory_bundle.h"

namespace cactus::test {

// Answers for any tensor with values that depend on its name alone; matrices as `type` or, with
// `plain`, as f32 with what `type` makes of their values.
class RandomBundle final : public Bundle {
 public:
  explicit RandomBundle(Json config, kernels::Type type = kernels::Type::f32, bool plain = false)
      : type_(type), plain_(plain) {
    manifest_.config = std::move(config);
  }
  const Manifest& manifest() const override { return manifest_; }
  const std::filesystem::path& folder() const override { return folder_; }
  const TensorInfo* find(std::string_view) const override { return nullptr; }
  Result<std::string> file(std::string_view) const override {
    return make_error(ErrorKind::not_found, "no files");
  }
  Result<kernels::Matrix> matrix(std::string_view name, std::int64_t rows,
                                 std::int64_t cols) const override {
    const float* data = values(name, rows * cols, 0, 1.7f / std::sqrt(static_cast<float>(cols)));
    StoredMatrix& stored = matrices_[std::string(name)];
    if (stored.matrix.data == nullptr) {
      const bool quantised = type_ == kernels::Type::q8 || type_ == kernels::Type::q4;
      stored = store_matrix(data, rows, cols, type_,
                            quantised ? kernels::Layout::tiles : kernels::Layout::rows);
      if (plain_) stored = dequantised(stored);
    }
    return stored.matrix;
  }
  Result<std::span<const float>> vector(std::string_view name, std::int64_t n) const override {
    return std::span(values(name, n, 1, 0.4f), static_cast<std::size_t>(n));
  }

 private:
  const float* values(std::string_view name, std::int64_t n, float middle, float spread) const {
    kernels::Buffer<float>& buffer = buffers_[std::string(name)];
    if (buffer.data() == nullptr) {
      std::uint32_t seed = 1;
      for (const char c : name) seed = seed * 31 + static_cast<unsigned char>(c);
      float* out = buffer.reserve(n);
      for (std::int64_t i = 0; i < n; ++i) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = middle + spread * (static_cast<float>(seed >> 8) / 8388608.0f - 1);
      }
    }
    return buffer.data();
  }

  kernels::Type type_;
  bool plain_;
  Manifest manifest_;
  std::filesystem::path folder_;
  mutable std::map<std::string, kernels::Buffer<float>> buffers_;
  mutable std::map<std::string, StoredMatrix> matrices_;
};

}  // namespace cactus::test
