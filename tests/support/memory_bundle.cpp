#include "tests/support/memory_bundle.h"

#include <filesystem>
#include <map>
#include <set>

#include "kernels/pack.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace cactus::test {
namespace {

using kernels::Layout;
using kernels::Type;

struct Stored {
  StoredMatrix matrix;
  std::vector<float> vector;
};

void convert_row(Type type, const float* row, std::int64_t n, std::byte* out) {
  if (type == Type::f32) {
    std::copy(row, row + n, reinterpret_cast<float*>(out));
  } else {
    auto* half = reinterpret_cast<std::uint16_t*>(out);
    for (std::int64_t i = 0; i < n; ++i) {
      half[i] = type == Type::f16 ? kernels::f32_to_f16(row[i]) : kernels::f32_to_bf16(row[i]);
    }
  }
}

}  // namespace

StoredMatrix store_matrix(const float* values, std::int64_t rows, std::int64_t cols, Type type,
                          Layout layout) {
  StoredMatrix s;
  s.matrix = {nullptr, type, layout, rows, cols};
  std::byte* out = s.bytes.reserve(kernels::matrix_bytes(type, layout, rows, cols) + 256);
  s.matrix.data = out;
  const std::int64_t unit = layout == Layout::tiles ? kernels::kTileRows : 1;
  const std::int64_t stride = kernels::stride_bytes(type, layout, cols);
  for (std::int64_t r = 0; r < rows; r += unit, out += stride) {
    const float* row = values + r * cols;
    if (type == Type::q4 || type == Type::q8) {
      kernels::pack(type, layout, row, std::min(unit, rows - r), cols, cols, out);
    } else {
      convert_row(type, row, cols, out);
    }
  }
  return s;
}

StoredMatrix dequantised(const StoredMatrix& stored) {
  const auto [data, type, layout, rows, cols] = stored.matrix;
  StoredMatrix floats;
  floats.matrix = {nullptr, Type::f32, Layout::rows, rows, cols};
  std::byte* out = floats.bytes.reserve(rows * cols * 4 + 256);
  floats.matrix.data = out;
  for (std::int64_t r = 0; r < rows; ++r) {
    kernels::unpack_row(stored.matrix, r, reinterpret_cast<float*>(out) + r * cols);
  }
  return floats;
}

namespace {

class MemoryBundle final : public Bundle {
 public:
  MemoryBundle(const std::string& name, Type type, bool dequantised)
      : folder_(fixture(name)), dequantised_(dequantised) {
    manifest_.config = *parse_json(read_file(folder_ / "config.json"), "config.json");
    manifest_.generation =
        *parse_json(read_file(folder_ / "generation_config.json"), "generation_config.json");
    manifest_.tokenizer_config =
        *parse_json(read_file(folder_ / "tokenizer_config.json"), "tokenizer_config.json");
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string file = entry.path().filename().string();
      if (file.starts_with("model") && file.ends_with(".safetensors")) add_file(entry.path(), type);
    }
  }

  const Manifest& manifest() const override { return manifest_; }
  const std::filesystem::path& folder() const override { return folder_; }
  const TensorInfo* find(std::string_view) const override { return nullptr; }

  Result<kernels::Matrix> matrix(std::string_view name, std::int64_t rows,
                                 std::int64_t cols) const override {
    const auto found = tensors_.find(std::string(name));
    if (found == tensors_.end() || found->second.matrix.matrix.rows != rows ||
        found->second.matrix.matrix.cols != cols) {
      return make_error(ErrorKind::incompatible, "no matrix " + std::string(name));
    }
    return found->second.matrix.matrix;
  }

  Result<std::span<const float>> vector(std::string_view name, std::int64_t n) const override {
    const auto found = tensors_.find(std::string(name));
    if (found == tensors_.end() || static_cast<std::int64_t>(found->second.vector.size()) != n) {
      return make_error(ErrorKind::incompatible, "no vector " + std::string(name));
    }
    return std::span<const float>(found->second.vector);
  }

  Result<std::string> file(std::string_view name) const override {
    if (!std::filesystem::exists(folder_ / name)) {
      return make_error(ErrorKind::not_found, "no file " + std::string(name));
    }
    return read_file(folder_ / name);
  }

 private:
  void add_file(const std::filesystem::path& path, Type type) {
    for (auto& [source, tensor] : read_safetensors(path)) {
      std::string name = source;
      for (const std::string prefix : {"model.", "language_model."}) {
        if (name.starts_with(prefix)) name = name.substr(prefix.size());
      }
      Stored& stored = tensors_[name];
      if (tensor.shape.size() == 2) {
        const bool quantised = type == Type::q8 || type == Type::q4;
        const bool table = name == "embed_tokens_per_layer.weight";
        stored.matrix = store_matrix(tensor.values.data(), tensor.shape[0], tensor.shape[1], type,
                                     quantised && !table ? Layout::tiles : Layout::rows);
        if (dequantised_) stored.matrix = dequantised(stored.matrix);
      } else {
        stored.vector = std::move(tensor.values);
      }
    }
  }

  std::filesystem::path folder_;
  bool dequantised_;
  Manifest manifest_;
  std::map<std::string, Stored> tensors_;
};

}  // namespace

std::shared_ptr<const Bundle> memory_bundle(const std::string& name, Type type, bool dequantised) {
  return std::make_shared<MemoryBundle>(name, type, dequantised);
}

}  // namespace cactus::test
