// Whether a provider takes a key, asked with a call that costs nothing.
#pragma once
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "auth/provider_table.h"
#include "engine/base/secret.h"
#include "hub/net/http_client.h"

namespace cactus::auth {

enum class Verdict {
  accepted,
  rejected,   // 401, 403, or what this provider says instead
  unchecked,  // no connection, another status: nobody knows
};

struct Verification {
  Verdict verdict = Verdict::unchecked;
  std::string reason;  // one printable line when it is not accepted; never holds the key
};

// `base_url`: the provider's or the user's, no slash at the end. `allow_http`: plain http:// to
// another machine is meant. `cancel` may be null.
Verification verify_key(net::HttpClient& client, const ProviderInfo& info,
                        std::string_view base_url, bool allow_http, const Secret& key,
                        const std::atomic<bool>* cancel);

// Names of the models that this key may use, as the provider lists them; empty when it does not
// say.
std::vector<std::string> list_models(net::HttpClient& client, const ProviderInfo& info,
                                     std::string_view base_url, bool allow_http, const Secret& key,
                                     const std::atomic<bool>* cancel);

}  // namespace cactus::auth
