// A model from what find_bundle() returned: a folder, or the one inside the program.
#pragma once
#include <filesystem>
#include <memory>

#include "engine/model.h"

namespace cactus::cli {

Result<std::shared_ptr<const Model>> open_model(const std::filesystem::path& found);

}  // namespace cactus::cli
