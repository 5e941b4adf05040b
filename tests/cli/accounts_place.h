// A home of its own for `cactus auth`, with all providers on a loopback server.
#pragma once
#include <string>
#include <vector>

#include "tests/auth/fake_accounts.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace cactus::test {

struct AccountsPlace {
  AccountsPlace() {
    std::filesystem::create_directories(folder / "m");
    write_file(folder / "m/cactus.json", "{}");
    std::filesystem::create_directories(folder / "config");
    std::string settings;
    for (const char* name : {"deepseek", "openrouter", "cluster"})
      settings +=
          std::string("[providers.") + name + "]\nbase_url = \"" + accounts.base_url(name) + "\"\n";
    write_file(folder / "config/config.toml", settings);
  }

  Launch launch(std::vector<std::string> arguments, std::string input = {},
                Environment environment = {}) const {
    arguments.insert(arguments.begin(), CACTUS_ECHO);
    return {std::move(arguments), std::move(input), with_providers(std::move(environment)),
            folder.path()};
  }
  Environment with_providers(Environment environment) const {
    environment.emplace("ANTHROPIC_BASE_URL", accounts.base_url("anthropic"));
    environment.emplace("OPENAI_BASE_URL", accounts.base_url("openai"));
    environment.emplace("GEMINI_BASE_URL", accounts.base_url("gemini"));
    environment.emplace("HF_ENDPOINT", accounts.base_url("huggingface"));
    environment.emplace("NO_COLOR", "1");
    return environment;
  }
  Finished run(std::vector<std::string> arguments, std::string input = {},
               Environment environment = {}) const {
    return test::run(launch(std::move(arguments), std::move(input), std::move(environment)));
  }
  std::filesystem::path credentials() const { return folder / "config/credentials.json"; }
  std::string settings() const { return read_file(folder / "config/config.toml"); }

  FakeAccounts accounts;
  TempDir folder;
};

}  // namespace cactus::test
