// `probe train`: collected answers into a probe.
#include <CLI/CLI.hpp>

#include "cli/commands/probe.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/probe/count_progress.h"
#include "cli/probe/report_text.h"
#include "cli/signals.h"
#include "engine/probe/training/make_probe.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

struct TrainFlags {
  std::string features, out, layer = "auto", name;
  training::TrainOptions train;
  bool head_alone = false, json = false, quiet = false;
};

Result<training::MakeOptions> make_options(const TrainFlags& flags) {
  training::MakeOptions options;
  options.train = flags.train;
  options.head_alone = flags.head_alone;
  const training::TrainOptions& t = options.train;
  if (t.seeds < 1 || t.epochs < 1 || t.patience < 1 || t.batch < 1 || t.threads < 0)
    return make_error(ErrorKind::usage, "--seeds, --epochs, --patience and --batch are at least 1");
  if (!(t.rate > 0 && t.rate <= 1) || !(t.weight_decay >= 0 && t.weight_decay <= 1) ||
      !(t.dropout >= 0 && t.dropout < 1))
    return make_error(ErrorKind::usage,
                      "--rate and --weight-decay are at most 1, --dropout below 1, none negative");
  if (flags.layer != "auto") {
    std::int64_t layer = 0;
    if (!CLI::detail::lexical_cast(flags.layer, layer))
      return make_error(ErrorKind::usage, "--layer cannot be '" + flags.layer + "'",
                        "it is a layer's number, or auto");
    options.layer = layer;
  }
  if (options.train.threads == 0) options.train.threads = kernels::default_threads();
  options.train.cancel = &signals::cancel();
  return options;
}

Result<int> run(Context& context, const TrainFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  CACTUS_TRY(options, make_options(flags));
  CACTUS_TRY(features, training::Features::open(flags.features));
  CountProgress progress(terminal, "training", "epochs");
  options.train.progress = [&](int done, int total) { progress.update(done, total); };
  const signals::PhaseScope generating(signals::Phase::generating);
  auto made = training::make_probe(*features, options);
  progress.stop();
  if (!made) return made.error();
  if (!flags.name.empty()) made->card.training["name"] = flags.name;
  CACTUS_CHECK(write_file(flags.out, write_probe(made->card, made->head), 0644));
  if (context.format != Format::text) {
    Json sweep = Json::array();
    for (const training::LayerResult& layer : made->sweep)
      sweep.push_back({{"layer", layer.layer}, {"valid_auroc", layer.valid_auroc}});
    terminal.out(dump_json({{"v", 1},
                            {"success", true},
                            {"probe", flags.out},
                            {"card", card_json(made->card)},
                            {"sweep", std::move(sweep)}}) +
                 "\n");
    return static_cast<int>(kOk);
  }
  terminal.out(probe_card_text(made->card, flags.out));
  terminal.note("next: cactus probe calibrate " + shell_word(flags.out) + " --features " +
                shell_word(flags.features) + " --share 0.2");
  return static_cast<int>(kOk);
}

}  // namespace

void add_probe_train(CLI::App& probe, Context& context) {
  CLI::App& app = *probe.add_subcommand("train", "A probe from collected answers");
  const auto flags = std::make_shared<TrainFlags>();
  flags->train.threads = 0;
  app.add_option("features", flags->features, "Folder of probe collect")
      ->type_name("FEATURES")
      ->required();
  app.add_option("--out", flags->out, "Probe to write")->type_name("FILE")->required();
  app.add_option("--layer", flags->layer, "Layer it reads (default auto: the best on validation)")
      ->type_name("N|auto");
  app.add_option("--seeds", flags->train.seeds, "Heads trained; the best is kept (default 5)")
      ->type_name("N");
  app.add_option("--seed", flags->train.seed, "The first seed (default 1)")->type_name("N");
  app.add_option("--name", flags->name, "What the card calls the training data")->type_name("TEXT");
  app.add_flag("--head-alone", flags->head_alone,
               "No blend with the tokens' probabilities: hidden states alone");
  app.add_option("--epochs", flags->train.epochs, "Passes over the answers, at most (default 40)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--patience", flags->train.patience,
                 "Stops after so many epochs without a better validation loss (default 6)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--batch", flags->train.batch, "Answers a step (default 32)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--rate", flags->train.rate, "Adam's learning rate (default 0.001)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--weight-decay", flags->train.weight_decay,
                 "Decoupled weight decay (default 0.01)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--dropout", flags->train.dropout, "Between the last layers (default 0.2)")
      ->type_name("N")
      ->group("Optimiser");
  app.add_option("--threads", flags->train.threads, "Threads; default: the performance cores")
      ->type_name("N");
  app.add_flag("--json", flags->json, "The card as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  set_examples(
      app, {"cactus probe train answers --out my.cactus --seeds 1 --epochs 2",
            "cactus probe train answers --out my.cactus --layer 6 --seeds 2 --epochs 2 --json"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
