// cactus.json: reading, checking and writing. Format: docs/bundle.md.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/weights/bundle.h"

namespace cactus {

inline constexpr std::string_view kBundleFormat = "1.15";  // what this runtime reads and writes
inline constexpr std::string_view kManifestFile = "cactus.json";
inline constexpr std::string_view kWeightsFile = "weights.cactus";
inline constexpr std::uint64_t kManifestLimit = 64 << 20;  // bytes

std::string_view runtime_version();  // "1.15.0"

// The matrix a tensor of `shape` is stored as: [] and [n] are one row, more dimensions than two are
// [first, product of the rest].
struct StoredShape {
  std::int64_t rows = 1;
  std::int64_t cols = 1;
};
// incompatible when a dimension is negative or the tensor has more than 2⁴⁸ elements.
Result<StoredShape> stored_shape(std::span<const std::int64_t> shape, std::string_view name);

std::uint64_t aligned(std::uint64_t offset);    // up to a multiple of kAlignment
std::uint64_t weights_size(const Manifest& m);  // bytes of weights.cactus

std::string_view type_name(kernels::Type type);  // "q4"
std::string_view layout_name(kernels::Layout layout);

// The text of cactus.json, checksum included. `m.format` and `m.runtime` are taken as they are.
std::string write_manifest(const Manifest& m);

// Checks form, versions, checksum and that tensors follow one another as the format demands.
// Errors: incompatible; `folder` is named in them.
Result<Manifest> parse_manifest(std::string_view text, const std::filesystem::path& folder);

}  // namespace cactus
