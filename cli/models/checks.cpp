#include "cli/models/checks.h"

#include <unistd.h>

#include <ctime>
#include <system_error>

#include "cli/environment.h"
#include "cli/models/hub.h"
#include "cli/render/format.h"
#include "engine/base/file.h"
#include "engine/weights/manifest.h"
#include "hub/hf/hub_error.h"
#include "kernels/dispatch.h"

namespace cactus::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLittleSpace = 5'000'000'000;  // bytes: about one small model

std::vector<Finding> look_at_cpu(Context&) {
  const kernels::Selection selection = kernels::select_table(env("CACTUS_FORCE_ISA").value_or(""));
  if (selection.table == nullptr)
    return {{Health::problem, selection.error, "unset CACTUS_FORCE_ISA"}};
  return {{Health::good, std::string("instruction set ") + selection.table->name}};
}

std::vector<Finding> look_at_settings(Context& context) {
  const auto settings = Settings::load(context.config);
  if (!settings) return {{Health::problem, settings.error().what, "cactus config edit"}};
  std::vector<Finding> found;
  for (const std::string& warning : settings->warnings())
    found.push_back({Health::remark, warning, "cactus config edit"});
  if (found.empty()) found.push_back({Health::good, config_file().string()});
  return found;
}

// A folder that is there and can be written, or can be made.
Finding look_at_place(const char* name, const fs::path& folder) {
  if (folder.empty())
    return {Health::problem, std::string("no place for ") + name + ": HOME is not set",
            "set HOME or CACTUS_HOME"};
  std::error_code error;
  fs::path at = folder;
  while (!fs::exists(at, error) && at.has_parent_path() && at != at.parent_path())
    at = at.parent_path();
  if (!fs::is_directory(at, error))
    return {Health::problem, at.string() + " is no folder", "move it away"};
  if (::access(at.c_str(), W_OK | X_OK) != 0)
    return {Health::problem, at.string() + " cannot be written", "change its owner or its mode"};
  return {Health::good, std::string(name) + " in " + folder.string()};
}

std::vector<Finding> look_at_places(Context& context) {
  std::vector<Finding> found = {look_at_place("models", models_folder()),
                                look_at_place("settings", config_folder()),
                                look_at_place("state", state_folder()),
                                look_at_place("cache", cache_folder())};
  if (const auto environment = hub_environment(context))
    found.push_back(look_at_place("downloads", environment->cache));
  return found;
}

std::vector<Finding> look_at_space(Context&) {
  const fs::path folder = models_folder();
  if (folder.empty()) return {};
  const auto space = free_space(folder);
  if (!space) return {{Health::remark, space.error().what}};
  const std::string text = format_bytes(static_cast<double>(*space)) + " free for models";
  if (*space < kLittleSpace) return {{Health::remark, text, "cactus cleanup"}};
  return {{Health::good, text}};
}

std::vector<Finding> look_at_models(Context&) {
  const hub::Store store = model_store();
  std::vector<Finding> found;
  std::size_t whole = 0;
  for (const hub::Installed& one : store.list()) {
    const hub::State state = store.state(one);
    if (state == hub::State::ready) {
      ++whole;
      continue;
    }
    const std::string name = one.title() + " @" + one.version();
    found.push_back({Health::problem,
                     name + (state == hub::State::missing
                                 ? ": its files are gone from " + one.bundle.string()
                                 : ": this version cannot read it"),
                     one.record.published() ? "cactus download " + one.title()
                                            : "cactus download --reconvert " + one.title()});
  }
  std::error_code error;
  for (fs::directory_iterator at(store.root(), error), end; !error && at != end;
       at.increment(error)) {
    std::error_code ignored;
    if (at->path().filename().string().starts_with('.') || !at->is_directory(ignored)) continue;
    for (fs::directory_iterator in(at->path(), ignored), stop; !ignored && in != stop;
         in.increment(ignored)) {
      const auto record = hub::read_record(in->path());
      if (!record)
        found.push_back({Health::problem, record.error().what + ": " + record.error().why,
                         "move " + in->path().string() + " away"});
    }
  }
  found.insert(found.begin(), {Health::good, std::to_string(whole) + " installed and readable"});
  return found;
}

std::vector<Finding> look_at_leftovers(Context&) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const hub::Leftover& one : model_store().leftovers()) {
    if (one.kind == "lock") continue;
    bytes += one.bytes;
    ++count;
  }
  if (count == 0) return {{Health::good, "nothing left over"}};
  return {{Health::remark,
           std::to_string(count) + " unfinished or old, " +
               format_bytes(static_cast<double>(bytes)),
           "cactus cleanup"}};
}

// Seconds since 1970 of a Date header; 0 when it is none.
std::time_t parse_date(std::string_view text) {
  std::tm when{};
  const std::string copy(text);
  if (::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &when) == nullptr) return 0;
  return ::timegm(&when);
}

std::vector<Finding> look_at_hub(Context& context) {
  const auto hub = Hub::open(context);
  if (!hub) return {{Health::problem, hub.error().what + ": " + hub.error().why, hub.error().fix}};
  hub::HubApi& api = (*hub)->api();
  net::Request request = api.request((*hub)->environment().endpoint + "/api/models?limit=1");
  request.timeouts.total = std::chrono::seconds(20);
  const net::Exchange exchange = api.client().exchange(request);
  if (!exchange.answered()) {
    const Error& error = exchange.error;
    return {{Health::problem, error.what + (error.why.empty() ? "" : ": " + error.why), error.fix}};
  }
  std::vector<Finding> found;
  const int status = exchange.response.status;
  if (exchange.response.ok() && hub::is_web_page(exchange.response)) {
    const Error portal = hub::portal_error((*hub)->environment().endpoint);
    return {{Health::problem, portal.what + ": " + portal.why, portal.fix}};
  }
  if (exchange.response.ok()) {
    found.push_back({Health::good, (*hub)->environment().endpoint + " answers"});
  } else {
    found.push_back({Health::problem, (*hub)->environment().endpoint + " answers with status " +
                                          std::to_string(status)});
  }
  const std::time_t there = parse_date(exchange.response.headers.get("Date"));
  const auto skew = static_cast<long long>(std::time(nullptr) - there);
  if (there != 0 && (skew > 300 || skew < -300))
    found.push_back({Health::remark,
                     "this machine's clock is " + std::to_string(skew > 0 ? skew : -skew) +
                         " s " + (skew > 0 ? "ahead" : "behind"),
                     "set the clock: signed links and certificates depend on it"});
  if (!api.has_token()) {
    found.push_back({Health::good, "no Hugging Face token (only gated and private models need one)"});
    return found;
  }
  const auto account = api.whoami();
  if (account) {
    found.push_back({Health::good, "the Hugging Face token is " + account->name + "'s"});
  } else {
    found.push_back({Health::problem, account.error().what, account.error().fix});
  }
  return found;
}

constexpr Check kChecks[] = {
    {"cpu", "an instruction set that this program has code for", false, look_at_cpu},
    {"settings", "the settings file can be read", false, look_at_settings},
    {"places", "folders that are needed can be written", false, look_at_places},
    {"space", "free space for models", false, look_at_space},
    {"models", "installed models are there, in a format this version reads", false,
     look_at_models},
    {"leftovers", "unfinished downloads and old versions", false, look_at_leftovers},
    {"hub", "the hub answers, the clock agrees, the token works", true, look_at_hub},
};

}  // namespace

std::span<const Check> checks() {
  return kChecks;
}

}  // namespace cactus::cli
