// `rm` (remove, uninstall): models off this machine.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/ask.h"
#include "cli/models/find.h"
#include "cli/models/objects.h"
#include "cli/models/shared_files.h"
#include "cli/render/format.h"

namespace cactus::cli {
namespace {

struct RemoveFlags {
  std::vector<std::string> models;
  bool yes = false, dry_run = false, json = false;
};

Result<int> run_remove(Context& context, const RemoveFlags& flags) {
  Terminal& terminal = context.terminal;
  const hub::Store store = model_store();
  std::vector<hub::Installed> doomed;
  for (const std::string& given : flags.models) {
    CACTUS_TRY(found, installed_models(context, given));
    for (hub::Installed& one : found) {
      if (std::none_of(doomed.begin(), doomed.end(),
                       [&](const hub::Installed& other) { return other.place == one.place; }))
        doomed.push_back(std::move(one));
    }
  }
  std::uint64_t bytes = 0;
  Json models = Json::array();
  for (const hub::Installed& one : doomed) {
    bytes += one.record.bytes;
    models.push_back(installed_object(store, one));
    terminal.note((flags.dry_run ? "would remove " : "removing ") + one.title() + " @" +
                  one.version() + ", " + format_bytes(static_cast<double>(one.record.bytes)));
  }
  CACTUS_TRY(always, always_yes());
  if (!flags.dry_run && !flags.yes && !always && can_ask(context)) {
    CACTUS_TRY(agreed, ask(context, "remove, and free " + format_bytes(static_cast<double>(bytes)) + "?",
                           true));
    if (!agreed) return static_cast<int>(kOk);
  }
  if (!flags.dry_run) {
    for (const hub::Installed& one : doomed) {
      CACTUS_CHECK(store.remove(one));
      CACTUS_CHECK(remove_shared_files(context, store, one));
    }
    terminal.note(format_bytes(static_cast<double>(bytes)) + " freed");
  }
  if (context.format != Format::text)
    terminal.out(dump_json({{"v", 1},
                            {"success", true},
                            {"dry_run", flags.dry_run},
                            {"bytes", bytes},
                            {"models", models}}) +
                 "\n");
  return static_cast<int>(kOk);
}

}  // namespace

void add_remove(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("rm", "Remove models (remove, uninstall)");
  app.alias("remove")->alias("uninstall");
  app.group(kGroupModels);
  const auto flags = std::make_shared<RemoveFlags>();
  app.add_option("models", flags->models, "Installed models; all variants unless one is named")
      ->type_name("MODEL")
      ->required();
  app.add_flag("-y,--yes", flags->yes, "Do not ask");
  app.add_flag("-n,--dry-run", flags->dry_run, "Say what would be removed");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  set_examples(app, {"cactus rm --dry-run google/gemma-4-E2B-it",
                     "cactus rm --yes google/gemma-4-E2B-it"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_remove(context, *flags); };
  });
}

}  // namespace cactus::cli
