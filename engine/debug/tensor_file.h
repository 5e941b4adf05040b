// A safetensors file that is written piece by piece, so that no tensor need fit in memory.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/result.h"

namespace cactus {

struct TensorDeclaration {
  std::string name;
  std::string type;  // "F32" or "I32": four bytes an element
  std::vector<std::int64_t> shape;
};

class TensorFile {
 public:
  // Writes the header to `path` + ".partial"; finish() renames it. All declared tensors are zero
  // until written. Errors: of the file system.
  static Result<TensorFile> create(const std::filesystem::path& path,
                                   std::span<const TensorDeclaration> tensors);

  // Elements [first, first + count) of a declared tensor, from four-byte values.
  Status write(std::string_view name, std::int64_t first, const float* values, std::int64_t count);
  Status write(std::string_view name, std::int64_t first, const std::int32_t* values,
               std::int64_t count);
  Status finish();

 private:
  TensorFile(std::filesystem::path path, File file)
      : path_(std::move(path)), file_(std::move(file)) {}
  Status write_bytes(std::string_view name, std::int64_t first, const void* values,
                     std::int64_t count);

  struct Place {
    std::string name;
    std::uint64_t offset;  // in the file
    std::int64_t elements;
  };
  std::filesystem::path path_;
  File file_;
  std::vector<Place> places_;
};

}  // namespace cactus
