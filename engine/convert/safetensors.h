// The header of a safetensors file (github.com/huggingface/safetensors, format): 8 bytes length,
// little-endian, then that many bytes of JSON: name → {dtype, shape, data_offsets}, then the data.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/convert/tensor_source.h"

namespace cactus {

inline constexpr std::uint64_t kHeaderLimit = 32 << 20;  // bytes of JSON; real ones have kilobytes
inline constexpr std::size_t kTensorLimit = 1 << 20;

// Length of the JSON from the first 8 bytes of a file of `file_size` bytes. `name` is the file's,
// for errors: incompatible when the file is too short for what it says.
Result<std::uint64_t> header_length(std::span<const std::byte, 8> prefix, std::uint64_t file_size,
                                    std::string_view name);

// The tensors, by offset (offsets are of the file, not of the data part). incompatible, naming the
// file and the tensor, when two overlap, when bytes belong to none, when sizes do not fit shapes,
// when a name stands twice, when the data ends early.
Result<std::vector<SourceTensor>> parse_safetensors(std::string_view header,
                                                    std::uint64_t file_size, std::string_view name);

}  // namespace cactus
