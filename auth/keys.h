// Which key a provider gets: the first of its sources that has one.
//
//   1. CACTUS_<PROVIDER>_API_KEY       4. credentials.json
//   2. the usual variables             5. key_command
//   3. the system keychain             6. huggingface only: the token file of the Hugging Face
//   tools
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/store.h"
#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::auth {

enum class SourceKind { variable, keychain, file, command, token_file };

struct KeySource {
  SourceKind kind = SourceKind::variable;
  std::string name;  // "ANTHROPIC_API_KEY", "keychain", a path, "key_command"
  bool operator==(const KeySource&) const = default;
};

struct FoundKey {
  Secret key;        // empty: no source has one
  KeySource source;  // of `key`
};

// One source that has a key, for `auth status`.
struct KeySighting {
  KeySource source;
  Secret key;  // empty for a key_command
};

struct KeyRing {
  std::function<const char*(const char*)> variable;  // getenv
  std::filesystem::path credentials;                 // of the FileStore; empty: none
  std::filesystem::path token_file;                  // of the Hugging Face tools; empty: none
  // The keychain, asked for at most once; null: never (CACTUS_NO_KEYCHAIN).
  std::function<Result<std::unique_ptr<SecretStore>>()> keychain = system_keychain;
  // Told every key that is found, before anybody else has it.
  std::function<void(const Secret&)> on_key = [](const Secret&) {};

  // `command`: the provider's key_command, or empty. A missing key is no error; one that should be
  // there and cannot be read is (auth: file rights, a key_command that failed). A keychain that
  // cannot be used counts as empty.
  Result<FoundKey> find(std::string_view provider,
                        const std::vector<std::string>& command = {}) const;

  // Every source that has a key, in order; the first one wins. A key_command is not run (it may ask
  // for a finger): it is listed without its key.
  Result<std::vector<KeySighting>> all(std::string_view provider,
                                       const std::vector<std::string>& command = {}) const;

 private:
  Result<std::vector<KeySighting>> look(std::string_view provider,
                                        const std::vector<std::string>& command, bool first) const;
};

// Surrounding white space taken off; usage for a text that no header can carry (control characters,
// white space inside, nothing at all, more than 8 KiB).
Result<Secret> clean_key(std::string_view text);

}  // namespace cactus::auth
