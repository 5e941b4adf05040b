#include "cli/keys/consent.h"

#include <algorithm>

#include "cli/config_edit.h"
#include "cli/toml.h"

namespace cactus::cli {
namespace {

constexpr char kProviders[] = "handoff.providers";

bool is_at(std::string_view entry, std::string_view provider) {
  return entry.substr(0, entry.find('/')) == provider;
}

Status write(const std::vector<std::string>& entries) {
  std::string list;
  for (const std::string& entry : entries) list += (list.empty() ? "" : ", ") + toml::quote(entry);
  return set_setting(kProviders, "[" + list + "]");
}

}  // namespace

Status put_first(const Settings& settings, const std::string& provider, const std::string& model) {
  std::vector<std::string> entries = settings.texts(kProviders);
  std::erase_if(entries, [&](const std::string& entry) { return is_at(entry, provider); });
  entries.insert(entries.begin(), provider + "/" + model);
  CACTUS_CHECK(set_setting("providers." + provider + ".model", model));
  return write(entries);
}

Result<bool> take_out(const Settings& settings, std::string_view provider) {
  std::vector<std::string> entries = settings.texts(kProviders);
  if (std::erase_if(entries, [&](const std::string& entry) { return is_at(entry, provider); }) == 0)
    return false;
  if (entries.empty()) {
    CACTUS_CHECK(unset_setting(kProviders));
    CACTUS_CHECK(unset_setting("handoff.enabled"));
    return true;
  }
  CACTUS_CHECK(write(entries));
  return true;
}

Status set_consent(bool given) {
  return set_setting("handoff.enabled", given ? "true" : "false");
}

}  // namespace cactus::cli
