// What settings, environment and key stores say about providers, for everybody who talks to one:
// `auth`, `usage`, the hand-off, downloads.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "auth/keys.h"
#include "auth/provider_table.h"
#include "cli/settings.h"
#include "engine/base/result.h"
#include "engine/base/secret.h"
#include "router/budget.h"
#include "router/price.h"
#include "router/providers/endpoint.h"

namespace cactus::cli {

// A provider of the table, or a server of the user's ([providers.NAME] with a base_url).
struct Account {
  std::string name;
  const auth::ProviderInfo* info = nullptr;  // of the table; the compatible one for own servers
  ProviderConfig config;                     // for make_provider(); the environment is applied
  std::string model;                         // providers.NAME.model, may be empty
  std::int64_t max_tokens = 0;               // providers.NAME.max_tokens; 0: not said
  std::vector<std::string> key_command;

  // Where its requests go: the configured base URL or the provider's own.
  std::string base_url() const;
  // Servers of the user's may take everybody.
  bool needs_key() const { return info->name != "openai-compatible"; }
};

// usage: no such provider ("did you mean"), an own server without base_url, headers or extra_body
// that cannot be read.
Result<Account> find_account(const Settings& settings, std::string_view name);
// The table's names, then the user's own in alphabetical order.
std::vector<std::string> account_names(const Settings& settings);

// Where keys are looked up. Every key it finds is masked from then on (cli/redact.h).
auth::KeyRing key_ring();
std::filesystem::path credentials_file();
// auth: there is none, with the command that stores one. Empty for own servers without one.
Result<Secret> key_of(const Account& account);

// "anthropic/claude-…"; the model may be left out where [providers.NAME] says one. usage.
struct ModelAt {
  std::string provider, model;
};
Result<ModelAt> parse_model_at(const Settings& settings, std::string_view text);
// handoff.providers, in order.
Result<std::vector<ModelAt>> handoff_models(const Settings& settings);

// handoff.max_…; usage for negative amounts.
Result<SpendCaps> spend_caps(const Settings& settings);
// The table in the program, prices.json beside config.toml over it, providers.NAME.price_… over
// both (for every model there). Own servers on this machine cost nothing unless a price is set.
Result<PriceTable> price_table(const Settings& settings);
std::filesystem::path ledger_file();  // usage.db of the state folder; empty when there is no home

}  // namespace cactus::cli
