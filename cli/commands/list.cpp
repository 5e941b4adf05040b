// `list` (ls): what is installed.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/hub.h"
#include "cli/models/objects.h"
#include "cli/models/table.h"
#include "cli/render/format.h"

namespace cactus::cli {
namespace {

struct ListFlags {
  std::string sort = "name";
  bool all = false, json = false, quiet = false;
};

Result<int> run_list(Context& context, const ListFlags& flags) {
  const hub::Store store = model_store();
  std::vector<hub::Installed> models = store.list();
  if (!flags.all) std::erase_if(models, [](const hub::Installed& one) { return !one.current; });
  const auto by = [&](auto key) {
    std::stable_sort(models.begin(), models.end(),
                     [&](const auto& a, const auto& b) { return key(a) > key(b); });
  };
  if (flags.sort == "size") {
    by([](const hub::Installed& one) { return one.record.bytes; });
  } else if (flags.sort == "used") {
    by([](const hub::Installed& one) { return one.last_used; });
  } else if (flags.sort != "name") {
    return make_error(ErrorKind::usage, "--sort cannot be '" + flags.sort + "'",
                      "it is name, size or used");
  }
  Terminal& terminal = context.terminal;
  const auto builtin =
      context.services.builtin ? context.services.builtin() : std::optional<BuiltinModel>();
  if (context.format != Format::text) {
    Json list = Json::array();
    if (builtin)
      list.push_back({{"name", builtin->name},
                      {"variant", builtin->variant},
                      {"version", builtin->version},
                      {"bytes", builtin->bytes},
                      {"builtin", true},
                      {"status", "ready"}});
    for (const hub::Installed& one : models) list.push_back(installed_object(store, one));
    terminal.out(dump_json({{"v", 1}, {"success", true}, {"models", list}}, 2) + "\n");
    return static_cast<int>(kOk);
  }
  if (flags.quiet) {
    for (const hub::Installed& one : models)
      terminal.out(one.title() + (one.current ? "" : "@" + one.version()) + "\n");
    return static_cast<int>(kOk);
  }
  Table table({"NAME", "VARIANT", "VERSION", "SIZE", "LAST USED", "STATUS"});
  if (builtin)
    table.add({builtin->name, builtin->variant, builtin->version,
               format_bytes(static_cast<double>(builtin->bytes)), "", "built in"});
  for (const hub::Installed& one : models) {
    std::string status(state_name(store.state(one)));
    if (!one.current) status += ", old";
    if (one.record.pinned) status += ", pinned";
    if (!store.users(one).empty()) status += ", in use";
    table.add({one.record.name, one.record.variant, one.version(),
               format_bytes(static_cast<double>(one.record.bytes)), ago(one.last_used), status});
  }
  if (table.empty()) {
    terminal.note("no model is installed – try: cactus download google/gemma-4-E2B-it");
    return static_cast<int>(kOk);
  }
  terminal.out(table.text());
  return static_cast<int>(kOk);
}

}  // namespace

void add_list(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("list", "What is installed (ls)");
  app.alias("ls");
  app.group(kGroupModels);
  const auto flags = std::make_shared<ListFlags>();
  app.add_flag("-q,--quiet", flags->quiet, "Names only")->group("Output");
  app.add_flag("--json", flags->json, "As JSON")->group("Output");
  app.add_option("--sort", flags->sort, "Order (default name)")
      ->type_name("name|size|used")
      ->group("Output");
  app.add_flag("-a,--all", flags->all, "Old versions, too")->group("Output");
  set_examples(app, {"cactus list", "cactus list -q --sort size", "cactus list --json"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_list(context, *flags); };
  });
}

}  // namespace cactus::cli
