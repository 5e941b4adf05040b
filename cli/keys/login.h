// `auth login`: a key from a terminal or a pipe, checked, stored, and the question of consent.
#pragma once
#include <string>

#include "cli/context.h"

namespace cactus::cli {

struct LoginFlags {
  std::string provider;  // of the table, "openai-compatible", or a server of the user's
  bool with_token = false, no_verify = false;
  std::string storage;   // "keychain", "file", or empty: the keychain where there is one
  std::string base_url;  // written to [providers.NAME] when the key is
  std::string name;      // of a new server of the user's
};

Result<int> login(Context& context, const LoginFlags& flags);
// `auth` without a verb on a terminal: which provider, then login.
Result<int> login_menu(Context& context);
// `auth default PROVIDER/MODEL`.
Result<int> set_default(Context& context, const std::string& model);

}  // namespace cactus::cli
