// `download` (pull, install): a model from the hub, ready to run.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/models/display.h"
#include "cli/models/fetch.h"
#include "cli/models/find.h"
#include "cli/models/objects.h"
#include "cli/render/format.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

struct DownloadFlags {
  std::vector<std::string> models;
  std::string revision, variant;
  bool reconvert = false, keep_source = false, source_only = false, dry_run = false;
  bool json = false, quiet = false;
  int jobs = 0, threads = 0;
};

Result<hub::ModelName> wanted_name(Context& context, const std::string& given,
                                   const DownloadFlags& flags) {
  CACTUS_TRY(settings, context.settings());
  std::string text = given;
  if (const auto alias = settings->text("alias." + given)) text = *alias;
  CACTUS_TRY(name, hub::parse_name(text));
  if (!flags.variant.empty()) name.variant = flags.variant == "fp16" ? "f16" : flags.variant;
  if (!flags.revision.empty()) name.revision = flags.revision;
  // The same rules for what flags say.
  return hub::parse_name(name.text());
}

// What is installed already needs no network.
std::optional<hub::Installed> ready(const hub::ModelName& name) {
  const hub::Store store = model_store();
  hub::ModelName whole = name;
  if (whole.variant.empty()) whole.variant = hub::kDefaultVariant;
  auto found = store.find(whole);
  if (!found || store.state(*found) != hub::State::ready) return {};
  return std::move(*found);
}

Result<Json> dry_run(Context& context, const hub::ModelName& name, const DownloadFlags& flags) {
  const signals::PhaseScope generating(signals::Phase::generating);
  CACTUS_TRY(hub, Hub::open(context));
  hub::PlanOptions options = hub->options();
  options.source_only = flags.reconvert || flags.source_only;
  options.sizes = !flags.source_only;
  CACTUS_TRY(plan, hub::make_plan(hub->api(), hub->cache(), name, options));
  for (const std::string& note : plan.notes) context.terminal.note(note);
  if (context.format == Format::text) {
    std::string text = plan_line(plan, hub->store()) + "\n";
    for (const hub::TreeFile& file : plan.files) {
      if (!plan.published() && !file.path.ends_with(".safetensors")) continue;
      const bool cached = hub->cache().has_blob(plan.repository, file);
      text += std::string(cached ? "  cached  " : "  fetch   ") + file.path + "  " +
              format_bytes(static_cast<double>(file.size)) + "\n";
    }
    context.terminal.out(text);
  }
  return plan_object(plan);
}

Result<Json> source_only(Context& context, const hub::ModelName& name, const DownloadFlags& flags) {
  const signals::PhaseScope generating(signals::Phase::generating);
  std::unique_ptr<InstallDisplay> display;
  CACTUS_TRY(hub, Hub::open(context, [&](std::string_view text) {
               if (display) {
                 display->notice(text);
               } else if (!text.empty()) {
                 context.terminal.note(text);
               }
             }));
  hub::PlanOptions planning = hub->options();
  planning.source_only = true;
  planning.sizes = false;
  CACTUS_TRY(plan, hub::make_plan(hub->api(), hub->cache(), name, planning));
  display = std::make_unique<InstallDisplay>(context.terminal, hub->environment().progress_bars);
  hub::InstallOptions options;
  options.connections = flags.jobs > 0 ? flags.jobs : hub->connections();
  options.cancel = &signals::cancel();
  options.progress = [&](const hub::InstallProgress& p) { display->update(p); };
  auto folder = hub::fetch_source(hub->api(), hub->cache(), plan, options);
  display->stop();
  if (!folder) return std::move(folder).error();
  context.terminal.note(plan.repository + " @" + plan.version() + " is in " + folder->string());
  context.terminal.note("next: cactus convert " + shell_word(folder->string()) + " FOLDER");
  return Json{{"name", plan.repository}, {"commit", plan.commit}, {"path", folder->string()}};
}

Result<Json> download_one(Context& context, const hub::ModelName& name,
                          const DownloadFlags& flags) {
  if (flags.dry_run) return dry_run(context, name, flags);
  if (flags.source_only) return source_only(context, name, flags);
  if (!flags.reconvert) {
    if (const auto there = ready(name)) {
      context.terminal.note(there->title() + " @" + there->version() + " is installed already");
      Json object = installed_object(model_store(), *there);
      object["already_there"] = true;
      return object;
    }
  }
  FetchFlags fetching;
  fetching.again = flags.reconvert;
  fetching.keep_source = flags.keep_source;
  fetching.jobs = flags.jobs;
  fetching.threads = flags.threads;
  CACTUS_TRY(report, fetch_model(context, name, fetching));
  const hub::Installed& made = report.installed;
  context.terminal.note(made.title() + " @" + made.version() + " is installed, " +
                        format_bytes(static_cast<double>(made.record.bytes)));
  context.terminal.note("next: cactus run " + shell_word(made.record.name));
  Json object = installed_object(model_store(), made);
  object["already_there"] = report.already;
  object["resumed_tensors"] = report.resumed;
  return object;
}

Result<int> run_download(Context& context, const DownloadFlags& flags) {
  context.terminal.set_quiet(flags.quiet);
  if (flags.jobs < 0 || flags.jobs > 64)
    return make_error(ErrorKind::usage, "--jobs cannot be " + std::to_string(flags.jobs),
                      "it is 1 to 64");
  std::vector<hub::ModelName> names;
  for (const std::string& given : flags.models) {
    CACTUS_TRY(name, wanted_name(context, given, flags));
    names.push_back(std::move(name));
  }
  Json models = Json::array();
  for (const hub::ModelName& name : names) {
    CACTUS_TRY(object, download_one(context, name, flags));
    models.push_back(std::move(object));
  }
  if (context.format != Format::text)
    context.terminal.out(
        dump_json({{"v", 1}, {"success", true}, {"dry_run", flags.dry_run}, {"models", models}}) +
        "\n");
  return static_cast<int>(kOk);
}

}  // namespace

void add_download(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("download", "Fetch a model, ready to run (pull, install)");
  app.alias("pull")->alias("install");
  app.group(kGroupModels);
  const auto flags = std::make_shared<DownloadFlags>();
  app.add_option("models", flags->models, "ORG/NAME[:int4|int8|f16][@TAG|BRANCH|COMMIT]")
      ->type_name("MODEL")
      ->required();
  app.add_option("--variant", flags->variant, "Type of the weights (default int4)")
      ->type_name("int4|int8|f16")
      ->group("Model");
  app.add_option("--revision", flags->revision, "Tag, branch or commit (default: what fits)")
      ->type_name("REVISION")
      ->group("Model");
  app.add_flag("--reconvert", flags->reconvert,
               "Convert the newest source again and replace what is installed")
      ->group("Model");
  app.add_flag("-n,--dry-run", flags->dry_run, "Say what would be fetched")->group("Model");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  app.add_flag("--keep-source", flags->keep_source,
               "Keep the source's files in the Hugging Face cache, too")
      ->group("Model");
  app.add_flag("--source-only", flags->source_only, "Only the source's files, nothing converted")
      ->group("Model");
  app.add_option("--jobs", flags->jobs, "Connections (default 4)")->type_name("N")->group("Model");
  app.add_option("--threads", flags->threads, "Threads of the conversion")
      ->type_name("N")
      ->group("Model");
  set_examples(app, {"cactus download google/gemma-4-E2B-it",
                     "cactus download google/gemma-4-E2B-it:int8 --dry-run",
                     "cactus download google/gemma-4-E2B-it --reconvert --json"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_download(context, *flags); };
  });
}

}  // namespace cactus::cli
