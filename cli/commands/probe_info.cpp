// `probe info` and `probe import`.
#include <CLI/CLI.hpp>

#include "cli/commands/probe.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/open_model.h"
#include "cli/probe/report_text.h"
#include "cli/render/sanitise.h"
#include "engine/builtin/builtin.h"
#include "engine/model.h"
#include "engine/models/decoder.h"
#include "engine/probe/import.h"
#include "engine/probe/probe.h"

namespace cactus::cli {
namespace {

struct InfoFlags {
  std::string probe, model;
  bool json = false;
};

// Of a file, of a bundle's folder, or of the model inside the program.
Result<std::shared_ptr<const Probe>> open_probe(const std::string& name) {
  const std::filesystem::path path(name);
  std::error_code ignored;
  if (name == kBuiltinName && !std::filesystem::exists(path, ignored)) {
    CACTUS_TRY(bundle, open_builtin());
    CACTUS_TRY(bytes, bundle->file(kProbeFile));
    return Probe::parse(bytes, "the built-in model's probe");
  }
  return Probe::open(is_bundle(path) ? path / kProbeFile : path);
}

Result<int> run_info(Context& context, const InfoFlags& flags) {
  CACTUS_TRY(probe, open_probe(flags.probe));
  if (!flags.model.empty()) {
    CACTUS_TRY(settings, context.settings());
    CACTUS_TRY(folder, find_bundle(flags.model, *settings));
    CACTUS_TRY(model, open_model(folder));
    CACTUS_CHECK(probe->check(*model, "'" + flags.probe + "'"));
  }
  if (context.format != Format::text) {
    Json card = card_json(probe->card());
    card["v"] = 1;
    card["parameters"] = probe->head().parameters().size();
    context.terminal.out(dump_json(card, 2) + "\n");
    return static_cast<int>(kOk);
  }
  std::string text = probe_card_text(probe->card(), flags.probe);
  if (!flags.model.empty()) text += "\nit was made for '" + flags.model + "'\n";
  context.terminal.out(sanitise(text));  // a card is somebody's file
  return static_cast<int>(kOk);
}

struct ImportFlags {
  std::string file, model, out;
  std::int64_t layer = 28;
  bool json = false;
};

Result<int> run_import(Context& context, const ImportFlags& flags) {
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(folder, find_bundle(flags.model, *settings));
  CACTUS_TRY(bytes, read_file(flags.file, kProbeLimit));
  CACTUS_TRY(head, parse_published_probe(bytes, "'" + flags.file + "'"));
  CACTUS_TRY(model, open_model(folder));
  const DecoderInfo& info = model->decoder().info();
  if (static_cast<std::int64_t>(head.hidden()) != info.hidden)
    return make_error(ErrorKind::incompatible, "'" + flags.file + "' was made for another model",
                      "it reads states of " + std::to_string(head.hidden()) + " numbers, " +
                          model->name() + " has " + std::to_string(info.hidden));
  if (flags.layer < 1 || flags.layer > info.layers)
    return make_error(ErrorKind::usage, "--layer cannot be " + std::to_string(flags.layer),
                      "the model has layers 1 to " + std::to_string(info.layers));
  ProbeCard card;
  card.layer = flags.layer;
  card.model = identity_of(model->bundle().manifest(), info.hidden, info.layers, flags.layer);
  card.training = {{"imported", std::filesystem::path(flags.file).filename().string()}};
  CACTUS_CHECK(write_file(flags.out, write_probe(card, head), 0644));
  if (context.format != Format::text) {
    context.terminal.out(
        dump_json({{"v", 1}, {"success", true}, {"probe", flags.out}, {"card", card_json(card)}}) +
        "\n");
  } else {
    context.terminal.note("written: " + flags.out + "; it has no calibration and no threshold yet");
    context.terminal.note("next: cactus probe calibrate " + shell_word(flags.out) +
                          " --features FOLDER --share 0.2");
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_probe_info(CLI::App& probe, Context& context) {
  CLI::App& info =
      *probe.add_subcommand("info", "A probe's card: made for what, from what, how good");
  const auto flags = std::make_shared<InfoFlags>();
  info.add_option("probe", flags->probe, "A probe's file, a bundle that has one, or builtin")
      ->type_name("PROBE")
      ->required();
  info.add_option("--model", flags->model, "Check that it was made for this model")
      ->type_name("MODEL");
  info.add_flag("--json", flags->json, "The card as JSON")->group("Output");
  set_examples(
      info, {"cactus probe info my.cactus", "cactus probe info my.cactus --model ./model --json"});
  info.callback([&context, flags] {
    context.action = [&context, flags] { return run_info(context, *flags); };
  });

  CLI::App& import = *probe.add_subcommand("import", "A published handoff_probe.bin as a probe");
  const auto import_flags = std::make_shared<ImportFlags>();
  import.add_option("file", import_flags->file, "The published file")
      ->type_name("FILE")
      ->required();
  import.add_option("--model", import_flags->model, "The model it was published for")
      ->type_name("MODEL")
      ->required();
  import.add_option("--layer", import_flags->layer, "Layer whose states it reads (default 28)")
      ->type_name("N");
  import.add_option("--out", import_flags->out, "Probe to write")->type_name("FILE")->required();
  import.add_flag("--json", import_flags->json, "The card as JSON")->group("Output");
  set_examples(import, {"cactus probe import handoff_probe.bin --model ./model --layer 6 --out "
                        "published.cactus"});
  import.callback([&context, import_flags] {
    context.action = [&context, import_flags] { return run_import(context, *import_flags);
};
}  // namespace cactus::cli
);
}

}  // namespace cactus::cli
