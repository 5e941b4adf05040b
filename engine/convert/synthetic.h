// Bundles with random weights: as large and as fast as real ones, and what they say is noise. For
// measuring speed without a download.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/json.h"
#include "engine/convert/convert.h"

namespace cactus {

struct SyntheticOptions {
  int bits = 4;
  std::uint64_t seed = 1;
  std::string name;           // source repository in the manifest
  std::string tokenizer;      // tokenizer.json, written beside the weights when not empty
  std::string chat_template;  // chat_template.jinja, likewise
  std::function<void(const ConvertProgress&)> progress;
  const std::atomic<bool>* cancel = nullptr;
};

// Writes a bundle of the configuration's shape to `folder`, which must not exist: random codes,
// scales of a size that keeps activations in range, norms and layer scalars of 1. The same seed
// gives the same bytes. Errors: incompatible (no such family), usage (folder is in the way),
// resources (disk), cancelled (and then nothing is left).
Status write_synthetic(const Json& config, const std::filesystem::path& folder,
                       const SyntheticOptions& options);

}  // namespace cactus
