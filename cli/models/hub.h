// The hub as the commands use it, put together from environment, settings and keys.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "cli/context.h"
#include "hub/fetch/hub_cache.h"
#include "hub/hf/hub_api.h"
#include "hub/install/plan.h"
#include "hub/store/store.h"

namespace cactus::cli {

// --offline, CACTUS_OFFLINE, HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE. Errors: usage, for a value that is
// none.
Result<bool> is_offline(const Context& context);

// Where installed models are.
hub::Store model_store();

// What the environment and the settings say about the hub (offline: also what is_offline says).
Result<hub::HubEnvironment> hub_environment(Context& context);

// Organisations of the setting hub.publishers, and this program's version.
Result<hub::PlanOptions> plan_options(Context& context);

class Hub {
 public:
  // Opens no connection. `notice` is told when a call waits.
  static Result<std::unique_ptr<Hub>> open(Context& context,
                                           std::function<void(std::string_view)> notice = {});
  hub::HubApi& api() { return *api_; }
  const hub::HubCache& cache() const { return *cache_; }
  const hub::Store& store() const { return store_; }
  const hub::PlanOptions& options() const { return options_; }
  const hub::HubEnvironment& environment() const { return environment_; }
  int connections() const { return connections_; }

 private:
  Hub() = default;
  hub::HubEnvironment environment_;
  hub::PlanOptions options_;
  hub::Store store_{""};
  int connections_ = 4;
  std::unique_ptr<hub::TokenSource> tokens_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<hub::HubCache> cache_;
  std::unique_ptr<hub::HubApi> api_;
};

}  // namespace cactus::cli
