// Providers by kind: the one place that knows all of them, and sends what they write.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/net/http_client.h"
#include "router/provider.h"

namespace cactus {

struct ProviderConfig {
  // "anthropic", "openai" (Responses), "openai-chat", "gemini", "deepseek", "openrouter", "vllm",
  // "ollama", "openai-compatible"
  std::string kind;
  std::string name;               // what the user calls it; empty: the kind
  std::string base_url;           // empty: the provider's own. Without the path of the call
  bool allow_plain_http = false;  // http:// to another machine, because the user's config says so
  std::vector<std::pair<std::string, std::string>> headers;  // sent with every request
  Json extra_body;                                           // merged over every body
};

// The kinds above, in the order in which a person should see them.
const std::vector<std::string>& provider_kinds();

// Fills in what the environment says: the base URL by ANTHROPIC_BASE_URL, OPENAI_BASE_URL or
// GEMINI_BASE_URL, over the config's when not empty; OPENAI_ORG_ID and OPENAI_PROJECT_ID as
// headers. `variable` returns null or a value.
void apply_environment(ProviderConfig& config,
                       const std::function<const char*(const char*)>& variable);

// `client` must outlive the provider. Errors: usage (unknown kind, no base URL where one is needed,
// not a web address, http:// that is not allowed).
Result<std::unique_ptr<Provider>> make_provider(const ProviderConfig& config,
                                                net::HttpClient& client);

}  // namespace cactus
