// A Hugging Face folder on this machine as a source of tensors.
#pragma once
#include <filesystem>
#include <memory>

#include "engine/convert/tensor_source.h"

namespace cactus {

// model.safetensors, or the shards that model.safetensors.index.json names. Errors: not_found when
// there is neither; incompatible for broken files, shards that are missing or named outside the
// folder, tensors that are not where the index says or stand in two shards.
Result<std::unique_ptr<TensorSource>> open_checkpoint(const std::filesystem::path& folder);

// The shard files an index names, sorted. For open_checkpoint and for sources on the hub. `index`
// is the text of model.safetensors.index.json; tensor → shard pairs go to `map` when it is not
// null.
Result<std::vector<std::string>> parse_index(std::string_view index,
                                             std::vector<std::pair<std::string, std::string>>* map);

}  // namespace cactus
