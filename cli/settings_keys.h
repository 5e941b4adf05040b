// Every setting: its name, type, default and what it does. One table for reading, checking,
// documentation and completion.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace cactus::cli {

enum class SettingType { text, integer, number, boolean, texts };

struct SettingKey {
  std::string_view name;  // "run.temp"
  SettingType type;
  std::string_view fallback;  // as in the file; empty: decided by the model or at run time
  std::string_view help;
  std::string_view choices = {};  // "auto|always|never", or empty
};

std::span<const SettingKey> setting_keys();

// Of the sections [providers.NAME]: "providers.NAME.base_url" and the like.
std::span<const SettingKey> provider_setting_keys();

// Sections whose keys are free: [alias] NAME = MODEL, [providers.NAME] …. Null when `name` is not a
// setting.
const SettingKey* find_setting(std::string_view name);

// The environment variable of a setting: run.temp → CACTUS_RUN_TEMP.
std::string setting_variable(std::string_view name);

std::string_view type_name(SettingType type);

}  // namespace cactus::cli
