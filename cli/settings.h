// Settings in force: environment, then the file of --config, then the user's, then /etc, then the
// built-in defaults (a flag on the command line goes before all of them, in the command that has
// it).
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/settings_keys.h"
#include "engine/base/result.h"

namespace cactus::cli {

struct Setting {
  std::string value;
  std::string origin;  // "CACTUS_RUN_TEMP", "/home/me/.config/cactus/config.toml:3", "default"
  std::vector<std::string> texts = {};  // of a list; `value` then holds them with commas
};

class Settings {
 public:
  // `project_file` (--config) goes before the user's config.toml. usage for a file that is not TOML
  // and for values of a wrong type; unknown names become warnings.
  static Result<Settings> load(const std::optional<std::filesystem::path>& project_file = {});

  const std::vector<std::string>& warnings() const { return warnings_; }
  // Everything that is set, defaults included, by name.
  const std::map<std::string, Setting, std::less<>>& all() const { return values_; }

  std::optional<std::string> text(std::string_view name) const;
  std::optional<double> number(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  bool boolean(std::string_view name) const;  // false when unset
  std::vector<std::string> texts(std::string_view name) const;

 private:
  Status add(const std::string& name, const std::string& value, const std::string& origin,
             const std::vector<std::string>& texts = {});
  Status add_file(const std::filesystem::path& path, bool required);
  Status add_environment();

  std::map<std::string, Setting, std::less<>> values_;
  std::vector<std::string> warnings_;
};

// config.toml of the user's folder.
std::filesystem::path config_file();
// `value` as the file spells it (lists: entries with commas between them, or as TOML); usage when
// it is not of the key's type.
Result<std::string> setting_literal(const SettingKey& key, const std::string& value);
// "unknown setting 'run.tmep'", with the nearest known one in `fix`.
Error unknown_setting(std::string_view name);

}  // namespace cactus::cli
