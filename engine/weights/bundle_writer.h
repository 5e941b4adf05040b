// Writes the weights of a bundle, one tensor after the other, and in the end its manifest.
#pragma once
#include <filesystem>
#include <span>

#include "engine/base/file.h"
#include "engine/base/hash.h"
#include "engine/weights/bundle.h"

namespace cactus {

// The folder is not a bundle before finish() has returned: the manifest is written last.
// begin → write… → end for each tensor, in the order they shall lie in the file.
class BundleWriter {
 public:
  // Creates the folder if need be and an empty weights.cactus in it.
  static Result<BundleWriter> create(const std::filesystem::path& folder);

  // Takes up an interrupted write: keeps those of `tensors` (in their order) whose bytes are in the
  // file as their hashes say, drops the rest. tensors() tells how many were kept.
  Status resume(std::span<const TensorInfo> tensors);

  // name, shape, type, layout and lookup are the caller's; offset, size and hash come from here.
  Status begin(TensorInfo tensor);
  Status write(std::span<const std::byte> bytes);
  Result<TensorInfo> end();  // internal when the bytes written are not as many as the shape needs

  // A file beside the weights.
  Status add_file(std::string_view name, std::string_view text);

  // Fills tensors, files, format, runtime and the constants of `quantisation`, syncs all, and
  // writes the manifest.
  Status finish(Manifest manifest);

  std::span<const TensorInfo> tensors() const { return tensors_; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  BundleWriter(std::filesystem::path folder, File weights);

  std::filesystem::path folder_;
  File weights_;
  std::vector<TensorInfo> tensors_;
  std::vector<FileInfo> files_;
  TensorInfo current_;
  Hasher hasher_;
  std::uint64_t written_ = 0;  // bytes of the current tensor
};

}  // namespace cactus
