// Where questions may be sent: handoff.enabled and handoff.providers in the user's config.toml.
// Nothing leaves the machine before `enabled` was set, by the answer to the question of `auth` or
// by hand.
#pragma once
#include <string>
#include <string_view>

#include "cli/settings.h"
#include "engine/base/result.h"

namespace cactus::cli {

// Puts "PROVIDER/MODEL" first in handoff.providers (once) and remembers the model as the
// provider's.
Status put_first(const Settings& settings, const std::string& provider, const std::string& model);
// Takes a provider out of handoff.providers; without any left, handoff.enabled goes, too. False: it
// was not there.
Result<bool> take_out(const Settings& settings, std::string_view provider);
Status set_consent(bool given);

}  // namespace cactus::cli
