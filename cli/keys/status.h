// `auth status`, `auth token`, `auth logout`: which keys there are, from where, and away with them.
#pragma once
#include <string>

#include "cli/context.h"

namespace cactus::cli {

struct StatusFlags {
  std::string provider;  // empty: all
  bool online = false;   // ask each provider whether it takes the key
};

// kAuth when a key that is wanted is missing, unreadable or (online) rejected. Wanted: the named
// provider's, and those of handoff.providers.
Result<int> auth_status(Context& context, const StatusFlags& flags);

// The key on standard output; refused on a terminal unless `show`.
Result<int> auth_token(Context& context, const std::string& provider, bool show);

// Out of the keychain and the file, and out of handoff.providers. `provider` empty: all.
Result<int> logout(Context& context, const std::string& provider);

}  // namespace cactus::cli
