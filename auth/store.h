// Where keys lie between runs: the system's keychain or a file of the user's. Nothing here throws
// or prints; errors never contain a key.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/secret.h"

namespace cactus::auth {

class SecretStore {
 public:
  virtual ~SecretStore() = default;
  virtual std::string_view name() const = 0;  // "keychain", "file"
  virtual std::string place() const = 0;  // "the Secret Service", "/home/me/…/credentials.json"
  // Empty when there is none. `provider` is the name of a provider of the table or of the user's.
  virtual Result<Secret> get(std::string_view provider) = 0;
  virtual Status put(std::string_view provider, const Secret& key) = 0;
  virtual Result<bool> erase(std::string_view provider) = 0;  // false: there was none
};

// One JSON file {"version": 1, "keys": {PROVIDER: KEY}}, mode 0600, in a folder of mode 0700;
// written aside, synced and renamed, under a lock that a crash releases. Reading and writing are
// refused when others may read or write the file, when it belongs to somebody else or is a symbolic
// link (kind auth, with the chmod that repairs it).
class FileStore : public SecretStore {
 public:
  explicit FileStore(std::filesystem::path path) : path_(std::move(path)) {}
  std::string_view name() const override { return "file"; }
  std::string place() const override { return path_.string(); }
  Result<Secret> get(std::string_view provider) override;
  Status put(std::string_view provider, const Secret& key) override;
  Result<bool> erase(std::string_view provider) override;
  // Names of the providers whose keys it holds.
  Result<std::vector<std::string>> names();

 private:
  std::filesystem::path path_;
};

// The macOS Keychain, or the Secret Service (GNOME Keyring, KWallet …) on Linux. An error says why
// there is none: no session bus, no libsecret, nobody answers.
Result<std::unique_ptr<SecretStore>> system_keychain();

}  // namespace cactus::auth
