// `info` (show): a model, installed or on the hub.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/models/facts.h"
#include "cli/models/find.h"
#include "cli/models/hub.h"
#include "cli/models/objects.h"
#include "cli/models/table.h"
#include "cli/render/format.h"
#include "cli/services.h"
#include "cli/signals.h"
#include "engine/builtin/builtin.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"

namespace cactus::cli {
namespace {

void add_facts(Json& object, const ModelFacts& facts) {
  object["architecture"] = facts.architecture.empty() ? Json() : Json(facts.architecture);
  object["family"] = facts.family.empty() ? Json() : Json(facts.family);
  object["context"] = facts.context == 0 ? Json() : Json(facts.context);
  object["modalities"] = facts.modalities;
}

std::string facts_text(const ModelFacts& facts) {
  std::string text =
      fact("architecture", facts.architecture + (facts.family.empty() ? " (not supported)" : ""));
  if (facts.context > 0) text += fact("context", std::to_string(facts.context) + " tokens");
  return text + fact("reads", joined(facts.modalities));
}

Result<Manifest> manifest_of(const std::filesystem::path& folder) {
  if (folder != kBuiltinPath) return read_bundle_manifest(folder);
  CACTUS_TRY(bundle, open_builtin());
  return bundle->manifest();
}

// A bundle on this machine: in the store, in the program, or anywhere.
Result<int> show_bundle(Context& context, const Located& located) {
  CACTUS_TRY(manifest, manifest_of(located.folder));
  const bool inside = located.folder == kBuiltinPath;
  const ModelFacts facts = facts_of(manifest.config);
  std::uint64_t parameters = 0, bytes = weights_size(manifest);
  for (const TensorInfo& tensor : manifest.tensors) {
    std::uint64_t n = 1;
    for (const std::int64_t side : tensor.shape) n *= static_cast<std::uint64_t>(side);
    parameters += n;
  }
  bool probe = false;
  for (const FileInfo& file : manifest.files) {
    bytes += file.size;
    probe = probe || file.name == "probe.cactus";
  }
  const hub::Store store = model_store();
  Json object = {{"v", 1}, {"success", true}, {"installed", true}};
  object.update(located.installed ? installed_object(store, *located.installed)
                                  : Json{{"path", inside ? Json() : Json(located.folder.string())},
                                         {"format", manifest.format},
                                         {"licence", manifest.licence}});
  object["bytes"] = bytes;
  add_facts(object, facts);
  object["parameters"] = parameters;
  object["probe"] = probe;
  object["quantisation"] = manifest.quantisation;
  object["source"] = manifest.source;
  Json files = Json::array();
  for (const FileInfo& file : manifest.files)
    files.push_back({{"name", file.name}, {"bytes", file.size}, {"hash", file.hash}});
  object["files"] = files;
  if (context.format != Format::text) {
    context.terminal.out(dump_json(object, 2) + "\n");
    return static_cast<int>(kOk);
  }
  std::string text;
  if (located.installed) {
    const hub::Installed& one = *located.installed;
    text += fact("model", one.title() + " @" + one.version());
    text += fact("from", one.record.repository + " @" + one.record.commit +
                             (one.record.published() ? ", published" : ", converted here"));
    text += fact("status", std::string(state_name(store.state(one))) +
                               (one.record.pinned ? ", pinned" : "") + ", last used " +
                               ago(one.last_used));
  }
  text += facts_text(facts) + fact("parameters", counted_parameters(parameters)) +
          fact("probe", probe ? "yes" : "no") +
          fact("license", manifest.licence.empty() ? "not said" : manifest.licence) +
          fact("format", manifest.format) + fact("size", format_bytes(static_cast<double>(bytes))) +
          fact("path", inside ? "inside this program" : located.folder.string());
  context.terminal.out(text);
  return static_cast<int>(kOk);
}

// One on the hub: what it is, and what installing it would take.
Result<int> show_remote(Context& context, const hub::ModelName& name) {
  const signals::PhaseScope generating(signals::Phase::generating);
  CACTUS_TRY(hub, Hub::open(context));
  CACTUS_TRY(info, hub->api().info(name.repository));
  ModelFacts facts;
  facts.architecture = info.architecture;
  // A gated repository tells everything but its files.
  const auto config_text = hub->api().small_file(name.repository, info.commit, "config.json");
  if (config_text)
    if (const auto config = parse_json(*config_text, "config.json")) facts = facts_of(*config);
  auto plan = hub::make_plan(hub->api(), hub->cache(), name, hub->options());
  if (context.format != Format::text) {
    Json object = {{"v", 1},
                   {"success", true},
                   {"installed", false},
                   {"name", info.id},
                   {"commit", info.commit},
                   {"last_modified", info.last_modified},
                   {"licence", info.licence.empty() ? Json() : Json(info.licence)},
                   {"gated", info.gate != hub::Gate::none},
                   {"private", info.is_private},
                   {"downloads", info.downloads},
                   {"likes", info.likes},
                   {"parameters", info.parameters == 0 ? Json() : Json(info.parameters)}};
    add_facts(object, facts);
    object["plan"] = plan ? plan_object(*plan) : Json();
    if (!plan) object["problem"] = plan.error().what;
    context.terminal.out(dump_json(object, 2) + "\n");
    return static_cast<int>(kOk);
  }
  std::string text = fact("model", info.id + " @" + info.commit.substr(0, 12) + ", not installed");
  text += facts_text(facts);
  if (info.parameters > 0) text += fact("parameters", counted_parameters(info.parameters));
  text += fact("license", info.licence.empty() ? "not said" : info.licence);
  if (info.gate != hub::Gate::none) text += fact("gated", "its terms must be accepted first");
  if (info.is_private) text += fact("private", "yes");
  text += fact("downloads", std::to_string(info.downloads)) + fact("changed", info.last_modified) +
          fact("install", plan ? plan_line(*plan, hub->store()) : "no: " + plan.error().what);
  context.terminal.out(text);
  return static_cast<int>(kOk);
}

Result<int> run_info(Context& context, const std::string& model) {
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(located, locate(model, *settings));
  if (!located.wanted) return show_bundle(context, located);
  CACTUS_TRY(offline, is_offline(context));
  if (offline)
    return make_error(ErrorKind::not_found, located.wanted->text() + " is not installed",
                      installed_names(model_store()) + " (offline)");
  return show_remote(context, *located.wanted);
}

}  // namespace

void add_info(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("info", "A model, installed or on the hub (show)");
  app.alias("show");
  app.group(kGroupModels);
  const auto model = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  app.add_option("model", *model, "Name, alias or folder")->type_name("MODEL")->required();
  app.add_flag("--json", *json, "As JSON")->group("Output");
  set_examples(app, {"cactus info google/gemma-4-E2B-it", "cactus info ./model --json"});
  app.callback([&context, model, json] {
    context.action = [&context, model] { return run_info(context, *model); };
  });
}

}  // namespace cactus::cli
