#include "cli/hub_token.h"

#include "cli/accounts.h"
#include "cli/log.h"

namespace cactus::cli {

Secret HubToken::token() {
  if (!environment_.implicit_token) return {};
  auth::KeyRing ring = key_ring();
  ring.token_file = environment_.token_file;
  auto found = ring.find("huggingface", key_command_);
  if (found) return found->key;
  log::info("no token for the hub: " + found.error().what + ": " + found.error().why);
  return {};
}

}  // namespace cactus::cli
