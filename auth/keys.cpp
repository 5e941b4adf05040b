#include "auth/keys.h"

#include <algorithm>

#include "auth/key_command.h"
#include "auth/provider_table.h"
#include "engine/base/file.h"

namespace cactus::auth {
namespace {

constexpr std::size_t kLongestKey = 8192;

std::vector<std::string> variables_of(std::string_view provider) {
  std::vector<std::string> names = {own_variable(provider)};
  if (const ProviderInfo* info = find_provider(provider))
    for (const std::string_view name : info->variables)
      if (!name.empty()) names.emplace_back(name);
  return names;
}

}  // namespace

Result<Secret> clean_key(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.empty()) return make_error(ErrorKind::usage, "no key came");
  if (text.size() > kLongestKey)
    return make_error(ErrorKind::usage, "that is no key", "it is longer than 8 KiB");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; }))
    return make_error(ErrorKind::usage, "that is no key",
                      "it holds white space or control characters");
  return Secret(text);
}

Result<std::vector<KeySighting>> KeyRing::look(std::string_view provider,
                                               const std::vector<std::string>& command,
                                               bool first) const {
  std::vector<KeySighting> seen;
  const auto add = [&](SourceKind kind, std::string name, const Secret& key) {
    if (key.empty()) return false;
    on_key(key);
    seen.push_back({{kind, std::move(name)}, key});
    return first;
  };
  for (const std::string& name : variables_of(provider)) {
    const char* value = variable ? variable(name.c_str()) : nullptr;
    if (value == nullptr || *value == '\0') continue;
    auto key = clean_key(value);
    if (!key)
      return make_error(ErrorKind::auth, name + " holds no key", key.error().why, "unset " + name);
    if (add(SourceKind::variable, name, *key)) return seen;
  }
  if (keychain) {
    if (const auto store = keychain()) {
      // One that is locked or does not answer must not stop the sources after it.
      if (const auto key = (*store)->get(provider);
          key && add(SourceKind::keychain, "keychain", *key))
        return seen;
    }
  }
  if (!credentials.empty()) {
    CACTUS_TRY(key, FileStore(credentials).get(provider));
    if (add(SourceKind::file, credentials.string(), key)) return seen;
  }
  if (!command.empty()) {
    if (!first) {
      seen.push_back({{SourceKind::command, "key_command"}, Secret()});
    } else {
      CACTUS_TRY(printed, run_key_command(command));
      on_key(printed);
      CACTUS_TRY(key, clean_key(printed.expose()));
      if (add(SourceKind::command, "key_command", key)) return seen;
    }
  }
  if (provider == "huggingface" && !token_file.empty()) {
    if (auto text = read_file(token_file, kLongestKey)) {
      auto key = clean_key(*text);
      wipe(*text);
      if (key && add(SourceKind::token_file, token_file.string(), *key)) return seen;
    }
  }
  return seen;
}

Result<FoundKey> KeyRing::find(std::string_view provider,
                               const std::vector<std::string>& command) const {
  CACTUS_TRY(seen, look(provider, command, true));
  if (seen.empty()) return FoundKey{};
  return FoundKey{seen.front().key, seen.front().source};
}

Result<std::vector<KeySighting>> KeyRing::all(std::string_view provider,
                                              const std::vector<std::string>& command) const {
  return look(provider, command, false);
}

}  // namespace cactus::auth
