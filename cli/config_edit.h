// Changes to the user's config.toml, in place, keeping what they do not touch.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace cactus::cli {

// The file's text, empty when there is none yet; usage when there is no place for one.
Result<std::string> config_text();

// Sets a setting of the table (lists: entries with commas, or as TOML); usage for an unknown name
// or a value of the wrong type.
Status set_setting(const std::string& name, const std::string& value);
// Takes it out; false when it was not there. Names need not be known: what an older version wrote
// must go, too.
Result<bool> unset_setting(const std::string& name);

}  // namespace cactus::cli
