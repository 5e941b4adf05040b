#include "cli/models/hub.h"

#include <cstdlib>

#include "cli/environment.h"
#include "cli/hub_token.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "engine/weights/manifest.h"

namespace cactus::cli {
namespace {

const char* variable(const char* name) {
  return std::getenv(name);
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

}  // namespace

Result<bool> is_offline(const Context& context) {
  if (context.offline) return true;
  CACTUS_TRY(ours, env_bool("CACTUS_OFFLINE", false));
  if (ours) return true;
  CACTUS_TRY(environment, hub::hub_environment(variable));
  return environment.offline;
}

hub::Store model_store() {
  return hub::Store(models_folder());
}

Result<hub::HubEnvironment> hub_environment(Context& context) {
  CACTUS_TRY(settings, context.settings());
  const std::optional<std::string> endpoint = settings->text("hub.endpoint");
  // The environment goes before the settings.
  CACTUS_TRY(environment, hub::hub_environment([&](const char* name) -> const char* {
               const char* value = variable(name);
               if (value == nullptr && endpoint && std::string_view(name) == "HF_ENDPOINT")
                 return endpoint->c_str();
               return value;
             }));
  CACTUS_TRY(offline, is_offline(context));
  environment.offline = offline;
  return std::move(environment);
}

Result<hub::PlanOptions> plan_options(Context& context) {
  CACTUS_TRY(settings, context.settings());
  hub::PlanOptions options;
  options.publishers = comma_list(settings->text("hub.publishers").value_or(""));
  for (const std::string& publisher : options.publishers)
    if (!hub::is_repository(publisher + "/x"))
      return make_error(ErrorKind::usage, "hub.publishers cannot have '" + publisher + "'",
                        "it takes names of organisations, separated by commas",
                        "cactus config set hub.publishers Cactus-Compute");
  options.runtime = parse_version(runtime_version()).value_or(Version{});
  return options;
}

Result<std::unique_ptr<Hub>> Hub::open(Context& context,
                                       std::function<void(std::string_view)> notice) {
  std::unique_ptr<Hub> hub(new Hub);
  CACTUS_TRY(environment, hub_environment(context));
  hub->environment_ = std::move(environment);
  CACTUS_TRY(options, plan_options(context));
  hub->options_ = std::move(options);
  CACTUS_TRY(settings, context.settings());
  const std::int64_t jobs = settings->integer("hub.jobs").value_or(4);
  if (jobs < 1 || jobs > 64)
    return make_error(ErrorKind::usage, "hub.jobs cannot be " + std::to_string(jobs),
                      "it is 1 to 64");
  hub->connections_ = static_cast<int>(jobs);
  if (models_folder().empty())
    return make_error(ErrorKind::usage, "there is no place for models", "HOME is not set",
                      "CACTUS_HOME=FOLDER cactus …");
  hub->store_ = model_store();
  hub->tokens_ = std::make_unique<HubToken>(hub->environment_);
  hub->client_ = std::make_unique<net::HttpClient>(net::settings_from(variable));
  hub->cache_ =
      std::make_unique<hub::HubCache>(hub->environment_.cache, hub->environment_.symlinks);
  hub::HubOptions api;
  api.cancel = &signals::cancel();
  api.notice = [&context, notice = std::move(notice)](std::string_view text) {
    log::info("hub: " + std::string(text));
    if (notice) {
      notice(text);
    } else if (!text.empty()) {
      context.terminal.note(text);
    }
  };
  hub->api_ = std::make_unique<hub::HubApi>(*hub->client_, hub->environment_, hub->tokens_.get(),
                                            std::move(api));
  return hub;
}

}  // namespace cactus::cli
