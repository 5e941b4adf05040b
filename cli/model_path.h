// From what the user calls a model to a folder with a bundle.
#pragma once
#include <filesystem>
#include <string>

#include "cli/settings.h"
#include "engine/base/result.h"

namespace cactus::cli {

// `name` is a folder, an alias of the settings, or a Hugging Face name; empty or "builtin" means
// the model inside the program: kBuiltinPath (services.h), which is no folder. Errors: not_found
// (with what this version can do instead), incompatible for a checkpoint that must be converted
// first.
Result<std::filesystem::path> find_bundle(const std::string& name, const Settings& settings);

bool is_bundle(const std::filesystem::path& folder);
bool is_checkpoint(const std::filesystem::path& folder);  // Hugging Face layout

// For a command line that is shown to be copied: quoted where the shell needs it.
std::string shell_word(const std::string& word);

}  // namespace cactus::cli
