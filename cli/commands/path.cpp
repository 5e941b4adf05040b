// `path`: where things are, for scripts.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/models/hub.h"

namespace cactus::cli {
namespace {

Result<int> run_path(Context& context, const std::string& what) {
  CACTUS_TRY(environment, hub_environment(context));
  const std::pair<const char*, std::filesystem::path> places[] = {
      {"models", models_folder()}, {"config", config_folder()},
      {"state", state_folder()},   {"cache", cache_folder()},
      {"hub", environment.cache}};
  Terminal& terminal = context.terminal;
  if (what.empty()) {
    Json object = {{"v", 1}, {"success", true}};
    for (const auto& [name, path] : places) {
      if (context.format == Format::text) terminal.out(std::string(name) + "\t" + path.string() + "\n");
      object[name] = path.string();
    }
    if (context.format != Format::text) terminal.out(dump_json(object, 2) + "\n");
    return static_cast<int>(kOk);
  }
  std::filesystem::path found;
  for (const auto& [name, path] : places)
    if (what == name) found = path;
  if (found.empty()) {
    CACTUS_TRY(settings, context.settings());
    CACTUS_TRY(bundle, find_bundle(what, *settings));
    found = bundle;
  }
  if (context.format == Format::text) {
    terminal.out(found.string() + "\n");
  } else {
    terminal.out(dump_json({{"v", 1}, {"success", true}, {"path", found.string()}}) + "\n");
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_path(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("path", "Where models, settings and caches are");
  app.group(kGroupSystem);
  const auto what = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  app.add_option("what", *what, "models, config, state, cache, hub, or an installed model")
      ->type_name("MODEL");
  app.add_flag("--json", *json, "As JSON")->group("Output");
  set_examples(app, {"cactus path", "cactus path models", "cactus path google/gemma-4-E2B-it"});
  app.callback([&context, what, json] {
    context.action = [&context, what] { return run_path(context, *what); };
  });
}

}  // namespace cactus::cli
