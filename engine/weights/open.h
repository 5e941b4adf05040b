// Ways into a bundle besides Bundle::open.
#pragma once
#include <filesystem>

#include "engine/weights/bundle.h"

namespace cactus {

// The manifest alone, checked; opens no weights.
Result<Manifest> read_bundle_manifest(const std::filesystem::path& folder);

// Opens a temporary bundle and removes its folder at once: the map stays while the bundle lives,
// and nothing is left behind however the process ends.
Result<std::shared_ptr<const Bundle>> open_and_remove(const std::filesystem::path& folder);

}  // namespace cactus
