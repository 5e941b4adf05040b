// `probe eval`: how good a probe is, beside everything simpler.
#include <CLI/CLI.hpp>

#include "cli/commands/probe.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/probe/count_progress.h"
#include "cli/probe/report_html.h"
#include "cli/probe/report_text.h"
#include "cli/render/sanitise.h"
#include "cli/signals.h"
#include "engine/probe/training/evaluate.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

struct EvalFlags {
  std::string probe, features, report;
  training::EvaluateOptions options;
  int threads = 0, seeds = 3;
  bool quick = false, json = false, quiet = false;
};

Result<int> run(Context& context, const EvalFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  training::EvaluateOptions options = flags.options;
  if (flags.threads < 0 || flags.seeds < 1 || options.resamples < 10 ||
      options.resamples > 1'000'000 || options.train.epochs < 1 ||
      !(options.other_accuracy >= 0 && options.other_accuracy <= 1))
    return make_error(ErrorKind::usage,
                      "--seeds and --epochs are at least 1, --resamples 10 to 1000000, "
                      "--other-accuracy 0 to 1");
  options.simpler_heads = !flags.quick;
  options.train.seeds = flags.seeds;
  options.train.threads = flags.threads > 0 ? flags.threads : kernels::default_threads();
  options.train.cancel = &signals::cancel();
  CountProgress progress(terminal, "training simpler heads:", "epochs");
  options.train.progress = [&](int done, int total) { progress.update(done, total); };
  CACTUS_TRY(probe, Probe::open(flags.probe));
  CACTUS_TRY(features, training::Features::open(flags.features));
  const signals::PhaseScope generating(signals::Phase::generating);
  const auto report = training::evaluate(*features, *probe, options);
  progress.stop();
  if (!report) return report.error();
  if (!flags.report.empty()) {
    CACTUS_CHECK(write_file(flags.report + ".json", dump_json(*report, 1) + "\n", 0644));
    CACTUS_CHECK(write_file(flags.report + ".html",
                            probe_report_html(*report, "The probe of " + flags.probe), 0644));
    terminal.note("written: " + flags.report + ".json, " + flags.report + ".html");
  }
  terminal.out(context.format != Format::text
                   ? dump_json(*report) + "\n"
                   : sanitise(probe_report_text(*report)));  // sets have names
  return static_cast<int>(kOk);
}

}  // namespace

void add_probe_eval(CLI::App& probe, Context& context) {
  CLI::App& app = *probe.add_subcommand("eval", "How good a probe is, beside simpler ones");
  const auto flags = std::make_shared<EvalFlags>();
  app.add_option("probe", flags->probe, "A probe's file")->type_name("PROBE")->required();
  app.add_option("--features", flags->features, "Folder of probe collect; its test split is used")
      ->type_name("FOLDER")
      ->required();
  app.add_option("--report", flags->report, "Writes NAME.json and NAME.html, with plots")
      ->type_name("NAME");
  app.add_flag("--quick", flags->quick, "Without the heads that must be trained first");
  app.add_flag("--sweep", flags->options.sweep, "One head for each layer collected");
  app.add_flag("--leave-one-out", flags->options.leave_one_out,
               "For each set: trained without it, tested on it");
  app.add_option("--other-accuracy", flags->options.other_accuracy,
                 "How often the one who is asked instead is right, 0 to 1 (default 1)")
      ->type_name("N");
  app.add_option("--resamples", flags->options.resamples, "Of the bootstrap (default 1000)")
      ->type_name("N");
  app.add_option("--seeds", flags->seeds, "Heads trained for each comparison (default 3)")
      ->type_name("N");
  app.add_option("--epochs", flags->options.train.epochs, "Of each, at most (default 40)")
      ->type_name("N");
  app.add_option("--threads", flags->threads, "Threads; default: the performance cores")
      ->type_name("N");
  app.add_flag("--json", flags->json, "The report as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  set_examples(app, {"cactus probe eval my.cactus --features answers --quick",
                     "cactus probe eval my.cactus --features answers --report report --seeds 1 "
                     "--epochs 2 --leave-one-out"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
