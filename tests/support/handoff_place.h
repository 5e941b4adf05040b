// A folder of its own with a model that echoes, and a fake provider: what a test of the hand-off
// needs to run the program.
#pragma once
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "tests/support/process.h"
#include "tests/support/provider_server.h"

namespace cactus::test {

// How a provider is reached. `base` of the URL is what its base URL ends with.
struct CloudKind {
  std::string name, target, key_variable, base_variable, base;
};

inline const std::vector<CloudKind>& cloud_kinds() {
  static const std::vector<CloudKind> kinds = {
      {"anthropic", "anthropic/claude-sonnet-5", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", ""},
      {"openai", "openai/gpt-4.1", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"},
      {"gemini", "gemini/gemini-3.5-flash", "GEMINI_API_KEY", "GEMINI_BASE_URL", ""},
      {"own", "own/some-model", "CACTUS_OWN_API_KEY", "", "/v1"},
  };
  return kinds;
}

inline const TlsIdentity& test_identity() {
  static const TlsIdentity identity;
  return identity;
}

class HandoffPlace {
 public:
  explicit HandoffPlace(Fault fault = Fault::none, std::size_t kind = 0, int times = -1)
      : kind_(cloud_kinds().at(kind)), server(options(fault, times), &test_identity()) {
    std::filesystem::create_directories(folder / "m");
    std::filesystem::create_directories(folder / "config");
    write_file(folder / "m/cactus.json", "{}");
    write_file(folder / "config/config.toml",
               "[providers.own]\nbase_url = \"" + server.url("/v1") + "\"\n");
  }

  // What the program finds: everything set up, and the user's consent.
  Environment environment() const {
    Environment all = {{"CACTUS_HANDOFF_ENABLED", "true"},
                       {"CACTUS_HANDOFF_PROVIDERS", kind_.target},
                       {"CACTUS_NO_KEYCHAIN", "1"},
                       {"NO_COLOR", "1"},
                       {"SSL_CERT_FILE", test_identity().ca_file()},
                       {kind_.key_variable, key()}};
    if (!kind_.base_variable.empty()) all[kind_.base_variable] = server.url(kind_.base);
    return all;
  }
  // Made up here, so that no file holds a key; long enough to be masked everywhere.
  static std::string key() { return std::string(20, 'k') + "-for-tests-" + std::string(12, 'z'); }

  Launch launch(const std::string& program, std::vector<std::string> arguments,
                const std::string& input = "", const Environment& more = {}) const {
    arguments.insert(arguments.begin(), program);
    Environment all = environment();
    for (const auto& [name, value] : more) all[name] = value;
    return {std::move(arguments), input, std::move(all), folder.path()};
  }
  const std::string& target() const { return kind_.target; }

 private:
  static ProviderServerOptions options(Fault fault, int times) {
    ProviderServerOptions options;
    options.fault = fault;
    options.times = times;
    options.redirect_to = "https://127.0.0.1:1/";
    return options;
  }
  CloudKind kind_;

 public:
  TempDir folder;
  ProviderServer server;
};

}  // namespace cactus::test
