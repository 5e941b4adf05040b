#include <algorithm>
#include <cstdlib>

#include "cli/accounts.h"
#include "cli/exit_code.h"
#include "cli/keys/consent.h"
#include "cli/keys/status.h"

namespace cactus::cli {
namespace {

// Whether a key went away. Every store is tried, also when one fails.
Result<bool> forget(Context& context, const auth::KeyRing& ring, const std::string& name) {
  bool gone = false;
  std::optional<Error> failure;
  const auto erase = [&](auth::SecretStore& store) {
    const auto erased = store.erase(name);
    if (!erased) failure = erased.error();
    if (!erased || !*erased) return;
    gone = true;
    context.terminal.note("the key of " + name + " is gone from " + store.place());
  };
  if (ring.keychain)
    if (const auto keychain = ring.keychain()) erase(**keychain);
  if (!credentials_file().empty()) {
    auth::FileStore file(credentials_file());
    erase(file);
  }
  if (failure && !gone) return *failure;
  CACTUS_TRY(settings, Settings::load(context.config));
  CACTUS_TRY(was_target, take_out(settings, name));
  if (was_target) context.terminal.note("nothing is handed off to " + name + " any more");
  return gone;
}

}  // namespace

Result<int> logout(Context& context, const std::string& provider) {
  CACTUS_TRY(settings, context.settings());
  const auth::KeyRing ring = key_ring();
  std::vector<std::string> names = {provider};
  if (provider.empty()) {
    names = account_names(*settings);
    // Keys of servers whose section is gone from the settings.
    if (const auto stored = auth::FileStore(credentials_file()).names())
      for (const std::string& name : *stored)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  } else if (auth::find_provider(provider) == nullptr && !auth::is_own_name(provider)) {
    return find_account(*settings, provider).error();
  }
  bool any = false;
  for (const std::string& name : names) {
    CACTUS_TRY(gone, forget(context, ring, name));
    any = any || gone;
    if (const auto left = ring.find(name); left && !left->key.empty())
      context.terminal.warn("there still is a key of " + name + ": " + left->source.name);
  }
  if (!any)
    context.terminal.note(provider.empty() ? "no keys were stored"
                                           : "no key of " + provider + " was stored");
  return static_cast<int>(kOk);
}

}  // namespace cactus::cli
