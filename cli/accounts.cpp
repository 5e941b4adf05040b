#include "cli/accounts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "cli/environment.h"
#include "cli/files.h"
#include "cli/redact.h"
#include "cli/suggest.h"
#include "hub/net/url.h"

namespace cactus::cli {
namespace {

constexpr std::string_view kSection = "providers.";

std::string key_name(std::string_view provider, const char* key) {
  return std::string(kSection) + std::string(provider) + "." + key;
}

std::vector<std::string> own_names(const Settings& settings) {
  std::set<std::string> names;
  for (const auto& [name, setting] : settings.all()) {
    if (!name.starts_with(kSection)) continue;
    const std::string own = name.substr(kSection.size(), name.rfind('.') - kSection.size());
    if (auth::is_own_name(own)) names.insert(own);
  }
  return {names.begin(), names.end()};
}

Result<std::vector<std::pair<std::string, std::string>>> headers_of(const Settings& settings,
                                                                    const std::string& name) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string& line : settings.texts(name)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0)
      return make_error(ErrorKind::usage, name + " has an entry that is no header",
                        "it takes \"Name: value\"", "cactus config edit");
    const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(value));
    // Some gateways take their key this way.
    redact::remember(Secret(headers.back().second));
  }
  return headers;
}

Result<std::optional<NanoDollars>> money_cap(const Settings& settings, const char* name) {
  const auto dollars = settings.number(name);
  if (!dollars) return std::optional<NanoDollars>();
  if (!(*dollars >= 0) || *dollars > 1e9)
    return make_error(ErrorKind::usage, std::string(name) + " is no amount of dollars");
  return std::optional<NanoDollars>(std::llround(*dollars * static_cast<double>(kDollar)));
}

Result<std::optional<std::int64_t>> count_cap(const Settings& settings, const char* name) {
  const auto count = settings.integer(name);
  if (count && *count < 0) return make_error(ErrorKind::usage, std::string(name) + " is negative");
  return count;
}

const char* variable(const char* name) {
  return std::getenv(name);
}

bool on_this_machine(const std::string& base_url) {
  const auto url = net::parse_url(base_url);
  return url && url->loopback();
}

}  // namespace

std::string Account::base_url() const {
  std::string url = config.base_url.empty() ? std::string(info->base_url) : config.base_url;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<Account> find_account(const Settings& settings, std::string_view name) {
  Account account;
  account.name = name;
  account.info = auth::find_provider(name);
  const bool own = account.info == nullptr || name == "openai-compatible";
  if (own) {
    const auto known = account_names(settings);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near = closest(name, known);
      // A long word may be a key that came where a name belongs.
      constexpr std::size_t kShort = 16;
      std::string what = "there is no such provider";
      if (name.size() <= kShort) what = "no provider '" + std::string(name) + "'";
      if (!near.empty()) what += " – did you mean '" + near + "'?";
      return make_error(ErrorKind::usage, what, "", "cactus auth status");
    }
    account.info = &auth::compatible_provider();
  }
  const auto text = [&](const char* key) {
    return settings.text(key_name(name, key)).value_or("");
  };
  ProviderConfig& config = account.config;
  config.kind = own ? text("kind") : std::string(name);
  if (config.kind.empty()) config.kind = "openai-compatible";
  if (!own && !text("kind").empty() && (name == "openai")) config.kind = text("kind");
  config.name = name;
  config.base_url = text("base_url");
  config.allow_plain_http = settings.boolean(key_name(name, "allow_http"));
  CACTUS_TRY(headers, headers_of(settings, key_name(name, "headers")));
  config.headers = headers;
  if (const std::string extra = text("extra_body"); !extra.empty()) {
    CACTUS_TRY(body, parse_json(extra, key_name(name, "extra_body"), ErrorKind::usage));
    config.extra_body = body;
  }
  if (account.info->answers) apply_environment(config, variable);
  if (account.info->name == "huggingface" && config.base_url.empty())
    config.base_url = env("HF_ENDPOINT").value_or("");
  if (own && config.base_url.empty() && config.kind != "ollama" && config.kind != "vllm")
    return make_error(ErrorKind::usage, "nobody knows where " + std::string(name) + " is",
                      key_name(name, "base_url") + " is not set",
                      "cactus auth login openai-compatible --name NAME --base-url URL");
  account.model = text("model");
  account.max_tokens = settings.integer(key_name(name, "max_tokens")).value_or(0);
  account.key_command = settings.texts(key_name(name, "key_command"));
  return account;
}

std::vector<std::string> account_names(const Settings& settings) {
  std::vector<std::string> names;
  for (const auth::ProviderInfo& info : auth::provider_table())
    if (info.name != "openai-compatible") names.emplace_back(info.name);
  for (std::string& own : own_names(settings)) names.push_back(std::move(own));
  return names;
}

std::filesystem::path credentials_file() {
  const auto folder = config_folder();
  return folder.empty() ? folder : folder / "credentials.json";
}

auth::KeyRing key_ring() {
  auth::KeyRing ring;
  ring.variable = variable;
  ring.credentials = credentials_file();
  ring.on_key = redact::remember;
  if (env_bool("CACTUS_NO_KEYCHAIN", false).ok() && *env_bool("CACTUS_NO_KEYCHAIN", false))
    ring.keychain = nullptr;
  if (const auto path = env("HF_TOKEN_PATH")) {
    ring.token_file = *path;
  } else if (const auto home = env("HF_HOME")) {
    ring.token_file = std::filesystem::path(*home) / "token";
  } else if (const auto cache = env("XDG_CACHE_HOME")) {
    ring.token_file = std::filesystem::path(*cache) / "huggingface/token";
  } else if (const auto user = env("HOME")) {
    ring.token_file = std::filesystem::path(*user) / ".cache/huggingface/token";
  }
  return ring;
}

Result<Secret> key_of(const Account& account) {
  CACTUS_TRY(found, key_ring().find(account.name, account.key_command));
  if (found.key.empty() && account.needs_key())
    return make_error(ErrorKind::auth, "there is no key for " + account.name,
                      "neither the environment nor a key store has one",
                      "cactus auth login " + account.name);
  return found.key;
}

Result<ModelAt> parse_model_at(const Settings& settings, std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  ModelAt at{std::string(text.substr(0, slash)), {}};
  if (slash < text.size()) at.model = text.substr(slash + 1);
  CACTUS_TRY(account, find_account(settings, at.provider));
  if (!account.info->answers)
    return make_error(ErrorKind::usage, at.provider + " answers no questions",
                      "its key is for downloads");
  if (at.model.empty()) at.model = account.model;
  if (at.model.empty())
    return make_error(ErrorKind::usage, "no model of " + at.provider + " is chosen", "",
                      "cactus auth default " + at.provider + "/MODEL");
  return at;
}

Result<std::vector<ModelAt>> handoff_models(const Settings& settings) {
  std::vector<ModelAt> models;
  for (const std::string& text : settings.texts("handoff.providers")) {
    CACTUS_TRY(at, parse_model_at(settings, text));
    models.push_back(at);
  }
  return models;
}

Result<SpendCaps> spend_caps(const Settings& settings) {
  SpendCaps caps;
  CACTUS_TRY(request_money, money_cap(settings, "handoff.max_cost_per_request"));
  CACTUS_TRY(day_money, money_cap(settings, "handoff.max_cost_per_day"));
  CACTUS_TRY(month_money, money_cap(settings, "handoff.max_cost_per_month"));
  CACTUS_TRY(input_tokens, count_cap(settings, "handoff.max_input_tokens"));
  CACTUS_TRY(request_tokens, count_cap(settings, "handoff.max_tokens_per_request"));
  CACTUS_TRY(day_tokens, count_cap(settings, "handoff.max_tokens_per_day"));
  CACTUS_TRY(month_tokens, count_cap(settings, "handoff.max_tokens_per_month"));
  CACTUS_TRY(day_requests, count_cap(settings, "handoff.max_per_day"));
  caps.request_money = request_money;
  caps.day_money = day_money;
  caps.month_money = month_money;
  caps.request_input_tokens = input_tokens;
  caps.request_tokens = request_tokens;
  caps.day_tokens = day_tokens;
  caps.month_tokens = month_tokens;
  caps.day_requests = day_requests;
  caps.allow_unknown_price = settings.boolean("handoff.allow_unknown_price");
  return caps;
}

Result<PriceTable> price_table(const Settings& settings) {
  PriceTable table = PriceTable::builtin();
  if (!config_folder().empty()) {
    const auto path = config_folder() / "prices.json";
    const auto own = read_file(path, 1u << 20);
    if (own)
      CACTUS_CHECK(table.merge(*own, path.string()));
    else if (own.error().kind != ErrorKind::not_found)
      return own.error();
  }
  for (const std::string& name : account_names(settings)) {
    const auto input = settings.number(key_name(name, "price_input"));
    const auto output = settings.number(key_name(name, "price_output"));
    const auto account = find_account(settings, name);
    const bool own = account && account->info->name == "openai-compatible";
    if (!input && !output && !(own && on_this_machine(account->base_url()))) continue;
    if (input.value_or(0) < 0 || output.value_or(0) < 0 || input.value_or(0) > 1e6 ||
        output.value_or(0) > 1e6)
      return make_error(ErrorKind::usage, "a price of " + name + " is no amount of dollars");
    // One price alone is taken for both: never less than what was said.
    const double in = input.value_or(output.value_or(0)), out = output.value_or(in);
    ModelPrice price;
    price.usual.input = price.usual.cached = price.usual.cache_write = std::llround(in * 1e6);
    price.usual.output = std::llround(out * 1e6);
    price.audio = price.usual.input;  // the user's word is for all that is sent
    price.origin = "config";
    table.set_all(name, std::move(price));
  }
  return table;
}

std::filesystem::path ledger_file() {
  const auto folder = state_folder();
  return folder.empty() ? folder : folder / "usage.db";
}

}  // namespace cactus::cli
