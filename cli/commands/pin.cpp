// `pin` and `unpin`: what `upgrade` and `cleanup` leave alone.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/find.h"
#include "cli/models/objects.h"

namespace cactus::cli {
namespace {

Result<int> set_pins(Context& context, const std::vector<std::string>& given, bool pinned) {
  const hub::Store store = model_store();
  Json models = Json::array();
  for (const std::string& name : given) {
    CACTUS_TRY(found, installed_models(context, name));
    for (hub::Installed& one : found) {
      if (!one.current && name.find('@') == std::string::npos) continue;
      CACTUS_CHECK(store.set_pinned(one, pinned));
      one.record.pinned = pinned;
      context.terminal.note(one.title() + " @" + one.version() +
                            (pinned ? " is pinned" : " is no longer pinned"));
      models.push_back(installed_object(store, one));
    }
  }
  if (context.format != Format::text)
    context.terminal.out(dump_json({{"v", 1}, {"success", true}, {"models", models}}) + "\n");
  return static_cast<int>(kOk);
}

void add(CLI::App& root, Context& context, const char* command, const char* summary, bool pinned) {
  CLI::App& app = *root.add_subcommand(command, summary);
  app.group(kGroupModels);
  const auto given = std::make_shared<std::vector<std::string>>();
  const auto json = std::make_shared<bool>(false);
  app.add_option("models", *given, "Installed models")->type_name("MODEL")->required();
  app.add_flag("--json", *json, "As JSON")->group("Output");
  set_examples(app, {std::string("cactus ") + command + " google/gemma-4-E2B-it"});
  app.callback([&context, given, json, pinned] {
    context.action = [&context, given, pinned] { return set_pins(context, *given, pinned); };
  });
}

}  // namespace

void add_pin(CLI::App& root, Context& context) {
  add(root, context, "pin", "Keep a model at its version", true);
  add(root, context, "unpin", "Let a model be upgraded again", false);
}

}  // namespace cactus::cli
