// Where tensors come from: a folder of safetensors files (checkpoint.h), or a repository on the hub,
// read while it is downloaded (hub/source).
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace cactus {

enum class SourceType { f32, f16, bf16, other };  // other: what no converted tensor may have

struct SourceTensor {
  std::string name;
  std::string dtype;  // as written: "BF16"
  SourceType type = SourceType::other;
  std::vector<std::int64_t> shape;  // [] is a scalar
  std::size_t file = 0;             // which of the source's files holds it
  std::uint64_t offset = 0;         // of its bytes in that file
  std::uint64_t size = 0;           // bytes
};

// Bytes of one element; 0 for SourceType::other.
inline std::uint64_t element_size(SourceType type) {
  return type == SourceType::f32 ? 4 : type == SourceType::other ? 0 : 2;
}

// Thread-safe: the converter reads the next piece while it packs this one.
class TensorSource {
 public:
  virtual ~TensorSource() = default;

  // In the order they lie in the files.
  virtual std::span<const SourceTensor> tensors() const = 0;
  // What read() will be asked for next: each tensor whole, in this order, from begin to end. A slow
  // source may start to fetch. `order` points into tensors().
  virtual void will_read(std::span<const SourceTensor* const> order) const { (void)order; }
  // Bytes [offset, offset + out.size()) of the tensor, row-major, little-endian.
  virtual Status read(const SourceTensor& tensor, std::uint64_t offset,
                      std::span<std::byte> out) const = 0;
  // A small file beside the weights (config.json, tokenizer.json, …); not_found when there is none.
  virtual Result<std::string> file(std::string_view name) const = 0;
  // Changes whenever the files change; the same text means an interrupted conversion may go on.
  virtual std::string identity() const = 0;
  // {name: {"size": bytes, "header": XXH3-128 of the safetensors header}} of each weight file.
  virtual Json provenance() const = 0;
  // What messages call it.
  virtual std::string name() const = 0;
};

}  // namespace cactus
