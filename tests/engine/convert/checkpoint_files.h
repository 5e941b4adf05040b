// Checkpoints in memory, to change and write as safetensors: broken ones included.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/base/json.h"

namespace cactus::test {

struct RawTensor {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};

struct Checkpoint {
  std::map<std::string, RawTensor> tensors;
  std::map<std::string, std::string> files;  // config.json, tokenizer.json, …

  // The folder's tensors (all shards) and its small files.
  static Checkpoint load(const std::filesystem::path& folder);
  // As one model.safetensors and the files beside it.
  void save(const std::filesystem::path& folder) const;
};

// Length, header and data as one safetensors file.
std::string safetensors_file(const std::string& header, const std::string& data);
std::string safetensors_file(const std::map<std::string, RawTensor>& tensors);

// All tensors that the family of `config` has, of random values in BF16, and config.json.
void random_checkpoint(const Json& config, Checkpoint& into);

// Saves with one more tensor, F32, whose data are a hole of zeros. Returns its bytes.
std::uint64_t save_with_hole(const Checkpoint& checkpoint, const std::filesystem::path& folder,
                             const std::string& name, const std::vector<std::int64_t>& shape);

}  // namespace cactus::test
