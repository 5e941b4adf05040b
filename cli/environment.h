// Environment variables and the folders they lead to.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

// Unset and empty are the same.
std::optional<std::string> env(const char* name);

// 1/true/yes/on and 0/false/no/off, any case; anything else is a usage error that names `name`.
Result<bool> parse_bool(std::string_view text, std::string_view name);
// env() and parse_bool(); `fallback` when unset.
Result<bool> env_bool(const char* name, bool fallback);

// CACTUS_CONFIG_DIR, else $CACTUS_HOME/config, else $XDG_CONFIG_HOME/cactus, else ~/.config/cactus.
// Empty when there is no home either.
std::filesystem::path config_folder();
// CACTUS_STATE_DIR, else $CACTUS_HOME/state, else $XDG_STATE_HOME/cactus, else ~/.local/state/cactus.
std::filesystem::path state_folder();
// Installed models: CACTUS_MODELS_DIR, else $CACTUS_HOME/models, else $XDG_DATA_HOME/cactus/models,
// else ~/.local/share/cactus/models.
std::filesystem::path models_folder();
// What can be made again: CACTUS_CACHE_DIR, else $CACTUS_HOME/cache, else $XDG_CACHE_HOME/cactus,
// else ~/.cache/cactus.
std::filesystem::path cache_folder();

}  // namespace cactus::cli
