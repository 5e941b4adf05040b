// `outdated`: what has a newer version that this program can run.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/find.h"
#include "cli/models/hub.h"
#include "cli/models/table.h"
#include "cli/signals.h"
#include "hub/install/outdated.h"

namespace cactus::cli {
namespace {

Result<int> run_outdated(Context& context, const std::vector<std::string>& given) {
  Terminal& terminal = context.terminal;
  const hub::Store store = model_store();
  std::vector<hub::Installed> models;
  if (given.empty()) models = store.list();
  for (const std::string& name : given) {
    CACTUS_TRY(found, installed_models(context, name));
    models.insert(models.end(), found.begin(), found.end());
  }
  std::erase_if(models, [](const hub::Installed& one) { return !one.current; });
  const signals::PhaseScope generating(signals::Phase::generating);
  CACTUS_TRY(hub, Hub::open(context));
  Json list = Json::array();
  Table table({"NAME", "INSTALLED", "AVAILABLE", ""});
  Error failure;
  int failed = 0;
  for (const hub::Installed& one : models) {
    auto newer = hub::look_for_newer(hub->api(), hub->cache(), one, hub->options());
    if (!newer) {
      const ErrorKind kind = newer.error().kind;
      if (kind == ErrorKind::cancelled || kind == ErrorKind::policy)
        return std::move(newer).error();
      terminal.warn(one.title() + ": " + newer.error().what);
      failure = newer.error();
      ++failed;
      continue;
    }
    if (!newer->outdated) continue;
    list.push_back({{"name", one.record.name},
                    {"variant", one.record.variant},
                    {"installed", one.version()},
                    {"available", newer->version},
                    {"pinned", one.record.pinned}});
    if (terminal.out_tty()) {
      table.add({one.title(), one.version(), newer->version, one.record.pinned ? "pinned" : ""});
    } else if (context.format == Format::text) {
      terminal.out(one.title() + "\n");
    }
  }
  if (failed > 0 && static_cast<std::size_t>(failed) == models.size()) return failure;
  if (context.format != Format::text) {
    terminal.out(dump_json({{"v", 1}, {"success", true}, {"models", list}}, 2) + "\n");
  } else if (terminal.out_tty() && !table.empty()) {
    terminal.out(table.text());
  } else if (list.empty()) {
    terminal.note("all is up to date");
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_outdated(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("outdated", "Models with a newer version that fits");
  app.group(kGroupModels);
  const auto given = std::make_shared<std::vector<std::string>>();
  const auto json = std::make_shared<bool>(false);
  app.add_option("models", *given, "Installed models (default: all)")->type_name("MODEL");
  app.add_flag("--json", *json, "As JSON")->group("Output");
  set_examples(app, {"cactus outdated", "cactus outdated --json"});
  app.callback([&context, given, json] {
    context.action = [&context, given] { return run_outdated(context, *given); };
  });
}

}  // namespace cactus::cli
