// `upgrade`: installs what `outdated` lists, and takes the old versions away.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/display.h"
#include "cli/models/fetch.h"
#include "cli/models/find.h"
#include "cli/signals.h"
#include "hub/install/outdated.h"

namespace cactus::cli {
namespace {

struct UpgradeFlags {
  std::vector<std::string> models;
  bool dry_run = false, json = false, quiet = false;
};

// Nothing when it is up to date.
Result<std::optional<Json>> upgrade_one(Context& context, const hub::Installed& old,
                                        const UpgradeFlags& flags) {
  Terminal& terminal = context.terminal;
  std::unique_ptr<InstallDisplay> display;
  CACTUS_TRY(hub, Hub::open(context, [&](std::string_view text) {
               if (display) {
                 display->notice(text);
               } else if (!text.empty()) {
                 terminal.note(text);
               }
             }));
  const signals::PhaseScope generating(signals::Phase::generating);
  CACTUS_TRY(newer, hub::look_for_newer(hub->api(), hub->cache(), old, hub->options()));
  if (!newer.outdated) return std::optional<Json>();
  Json object = {{"name", old.record.name},
                 {"variant", old.record.variant},
                 {"from", old.version()},
                 {"to", newer.version}};
  terminal.note((flags.dry_run ? "would upgrade " : "upgrading ") + old.title() + " @" +
                old.version() + " → @" + newer.version);
  if (flags.dry_run) return std::optional<Json>(std::move(object));
  CACTUS_TRY(plan, hub::make_plan(hub->api(), hub->cache(),
                                  {old.record.name, old.record.variant, old.record.revision},
                                  hub->options()));
  display = std::make_unique<InstallDisplay>(terminal, hub->environment().progress_bars);
  CACTUS_TRY(report, carry_out(context, *hub, plan, {}, *display));
  remove_replaced(context, hub->store(), report.installed);
  return std::optional<Json>(std::move(object));
}

Result<int> run_upgrade(Context& context, const UpgradeFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  std::vector<hub::Installed> models;
  if (flags.models.empty()) models = model_store().list();
  for (const std::string& name : flags.models) {
    CACTUS_TRY(found, installed_models(context, name));
    models.insert(models.end(), found.begin(), found.end());
  }
  Json list = Json::array();
  std::optional<Error> failure;
  for (const hub::Installed& one : models) {
    if (!one.current) continue;
    if (one.record.pinned) {
      terminal.note(one.title() + " is pinned at " + one.version());
      continue;
    }
    auto done = upgrade_one(context, one, flags);
    if (!done) {
      const ErrorKind kind = done.error().kind;
      if (kind == ErrorKind::cancelled || kind == ErrorKind::policy) return std::move(done).error();
      // The others are upgraded all the same.
      if (failure) terminal.warn(failure->what);
      failure = std::move(done).error();
    } else if (*done) {
      list.push_back(std::move(**done));
    }
  }
  if (failure) return std::move(*failure);
  if (context.format != Format::text) {
    terminal.out(
        dump_json({{"v", 1}, {"success", true}, {"dry_run", flags.dry_run}, {"models", list}}) +
        "\n");
  } else if (list.empty()) {
    terminal.note("all is up to date");
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_upgrade(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("upgrade", "Install newer versions; pinned models stay");
  app.group(kGroupModels);
  const auto flags = std::make_shared<UpgradeFlags>();
  app.add_option("models", flags->models, "Installed models (default: all)")->type_name("MODEL");
  app.add_flag("-n,--dry-run", flags->dry_run, "Say what would be done");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  set_examples(app, {"cactus upgrade", "cactus upgrade --dry-run google/gemma-4-E2B-it"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_upgrade(context, *flags); };
  });
}

}  // namespace cactus::cli
