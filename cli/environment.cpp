#include "cli/environment.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace cactus::cli {
namespace {

std::filesystem::path folder(const char* own, const char* below_cactus, const char* xdg,
                             const char* below_home) {
  if (const auto path = env(own)) return *path;
  if (const auto path = env("CACTUS_HOME")) return std::filesystem::path(*path) / below_cactus;
  // The XDG specification: relative paths are invalid and ignored.
  if (const auto path = env(xdg); path && path->front() == '/')
    return std::filesystem::path(*path) / "cactus";
  if (const auto home = env("HOME")) return std::filesystem::path(*home) / below_home / "cactus";
  return {};
}

}  // namespace

std::optional<std::string> env(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

Result<bool> parse_bool(std::string_view text, std::string_view name) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"1", "true", "yes", "on"})
    if (lower == word) return true;
  for (const char* word : {"0", "false", "no", "off"})
    if (lower == word) return false;
  return make_error(ErrorKind::usage, std::string(name) + " is '" + std::string(text) + "'",
                    "it takes 1, true, yes, on or 0, false, no, off");
}

Result<bool> env_bool(const char* name, bool fallback) {
  const auto value = env(name);
  if (!value) return fallback;
  return parse_bool(*value, name);
}

std::filesystem::path config_folder() {
  return folder("CACTUS_CONFIG_DIR", "config", "XDG_CONFIG_HOME", ".config");
}
std::filesystem::path state_folder() {
  return folder("CACTUS_STATE_DIR", "state", "XDG_STATE_HOME", ".local/state");
}
std::filesystem::path models_folder() {
  if (env("CACTUS_MODELS_DIR") || env("CACTUS_HOME"))
    return folder("CACTUS_MODELS_DIR", "models", "", "");
  const auto data = folder("CACTUS_MODELS_DIR", "models", "XDG_DATA_HOME", ".local/share");
  return data.empty() ? data : data / "models";
}
std::filesystem::path cache_folder() {
  return folder("CACTUS_CACHE_DIR", "cache", "XDG_CACHE_HOME", ".cache");
}

}  // namespace cactus::cli
