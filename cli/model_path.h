// From what the user calls a model to a folder with a bundle.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "cli/settings.h"
#include "engine/base/result.h"
#include "hub/store/store.h"

namespace cactus::cli {

struct Located {
  std::filesystem::path folder;             // of a bundle; empty when it must be fetched first
  std::optional<hub::Installed> installed;  // when it is one of the store's
  std::optional<hub::ModelName> wanted;     // a name of which nothing is installed
};

// `name` is a folder, an alias of the settings, or a Hugging Face name; empty or "builtin" means
// the model inside the program: kBuiltinPath (services.h), which is no folder. A folder with a
// bundle goes before an installed model of that name. Looks at the disk only. Errors: not_found,
// usage (no name of a model), incompatible for a checkpoint that must be converted first.
Result<Located> locate(const std::string& name, const Settings& settings);

// The same for commands that fetch nothing: not_found for a model that is not installed.
Result<std::filesystem::path> find_bundle(const std::string& name, const Settings& settings);

bool is_bundle(const std::filesystem::path& folder);
bool is_checkpoint(const std::filesystem::path& folder);  // Hugging Face layout

// For a command line that is shown to be copied: quoted where the shell needs it.
std::string shell_word(const std::string& word);

}  // namespace cactus::cli
