#include "cli/config_edit.h"

#include "cli/files.h"
#include "cli/settings.h"
#include "cli/toml.h"

namespace cactus::cli {

Result<std::string> config_text() {
  if (config_file().empty())
    return make_error(ErrorKind::usage, "there is no place for settings", "HOME is not set",
                      "CACTUS_CONFIG_DIR=FOLDER cactus config …");
  auto content = read_file(config_file(), 1u << 20);
  if (content) return std::move(content).value();
  if (content.error().kind == ErrorKind::not_found) return std::string();
  return std::move(content).error();
}

Status set_setting(const std::string& name, const std::string& value) {
  const SettingKey* key = find_setting(name);
  if (key == nullptr) return unknown_setting(name);
  CACTUS_TRY(literal, setting_literal(*key, value));
  CACTUS_TRY(content, config_text());
  CACTUS_TRY(edited, toml::set(content, config_file().string(), name, literal));
  return write_file(config_file(), edited, 0600);
}

Result<bool> unset_setting(const std::string& name) {
  CACTUS_TRY(content, config_text());
  CACTUS_TRY(edited, toml::unset(content, config_file().string(), name));
  if (edited == content) return false;
  CACTUS_CHECK(write_file(config_file(), edited, 0600));
  return true;
}

}  // namespace cactus::cli
