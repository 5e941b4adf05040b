// `probe collect`: prompts run through a model, answers graded, their hidden states kept.
#include <CLI/CLI.hpp>
#include <numeric>
#include <sstream>

#include "cli/commands/probe.h"
#include "cli/context.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_flags.h"
#include "cli/model_path.h"
#include "cli/open_model.h"
#include "cli/probe/count_progress.h"
#include "cli/render/format.h"
#include "cli/signals.h"
#include "engine/base/hash.h"
#include "engine/models/decoder.h"
#include "engine/probe/training/collect.h"
#include "engine/weights/manifest.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

constexpr std::uint64_t kSmallModel = std::uint64_t{1} << 30;  // bytes: below, a session a thread

struct CollectFlags {
  std::string model, in, out, layers, kv = "int8";
  std::int64_t max_tokens = 512;
  int jobs = 0, threads = 0;
  bool json = false, quiet = false;
};

// "12,20,28", "all", or empty: four fifths up the model, where published probes read.
Result<std::vector<std::int64_t>> parse_layers(const std::string& text, std::int64_t layers) {
  std::vector<std::int64_t> out;
  if (text == "all") {
    out.resize(static_cast<std::size_t>(layers));
    std::iota(out.begin(), out.end(), std::int64_t{1});
    return out;
  }
  if (text.empty()) return std::vector<std::int64_t>{std::max<std::int64_t>(1, layers * 4 / 5)};
  std::stringstream in(text);
  for (std::string word; std::getline(in, word, ',');) {
    std::int64_t layer = 0;
    if (!CLI::detail::lexical_cast(word, layer) || layer < 1 || layer > layers)
      return make_error(ErrorKind::usage, "--layers cannot be '" + text + "'",
                        "the model has layers 1 to " + std::to_string(layers),
                        "--layers all, or --layers " +
                            std::to_string(std::max<std::int64_t>(1, layers / 2)) + "," +
                            std::to_string(layers));
    out.push_back(layer);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<training::CollectOptions> collect_options(const CollectFlags& flags, const Model& model) {
  training::CollectOptions options;
  const kernels::Selection selection = kernels::select_table(env("CACTUS_FORCE_ISA").value_or(""));
  if (selection.table == nullptr)
    return make_error(ErrorKind::resources, "no instruction set to run on", selection.error,
                      "cactus --version");
  options.table = selection.table;
  CACTUS_TRY(layers, parse_layers(flags.layers, model.decoder().info().layers));
  options.layers = std::move(layers);
  if (flags.max_tokens < 1 || flags.jobs < 0 || flags.threads < 0)
    return make_error(ErrorKind::usage, "--max-tokens, --jobs and --threads are at least 1");
  options.max_tokens = flags.max_tokens;
  CACTUS_TRY(kv, parse_kv(flags.kv));
  options.kv = kv;
  const int threads = flags.threads > 0 ? flags.threads : kernels::default_threads();
  const bool small = weights_size(model.bundle().manifest()) < kSmallModel;
  options.jobs = flags.jobs > 0 ? flags.jobs : small ? threads : 1;
  options.threads = std::max(1, threads / options.jobs);
  return options;
}

Result<int> run(Context& context, const CollectFlags& flags) {
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(folder, find_bundle(flags.model, *settings));
  CACTUS_TRY(text, flags.in == "-" ? read_all(0, "standard input") : read_file(flags.in, 2u << 30));
  CACTUS_TRY(cases, training::read_cases(text, "'" + flags.in + "'"));
  CACTUS_TRY(model, open_model(folder));
  CACTUS_TRY(options, collect_options(flags, *model));
  const Json& recipe = model->bundle().manifest().quantisation;
  options.variant = recipe.is_object() && recipe.value("recipe", Json()).is_string()
                        ? recipe["recipe"].get<std::string>()
                        : std::string();
  options.prompts_hash = hash_of(std::string_view(text));
  options.cancel = &signals::cancel();
  CountProgress progress(terminal, "collecting", "answers");
  options.progress = [&](std::int64_t done, std::int64_t total) { progress.update(done, total); };
  const auto begin = std::chrono::steady_clock::now();
  const signals::PhaseScope generating(signals::Phase::generating);
  const auto report = training::collect(model, cases, flags.out, options);
  progress.stop();
  if (!report) return report.error();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (context.format != Format::text) {
    terminal.out(dump_json({{"v", 1},
                            {"success", true},
                            {"features", flags.out},
                            {"collected", report->collected},
                            {"already_there", report->before},
                            {"skipped", report->skipped},
                            {"right", report->right},
                            {"prompt_tokens", report->prompt_tokens},
                            {"answer_tokens", report->tokens},
                            {"layers", options.layers},
                            {"jobs", options.jobs},
                            {"threads", options.threads},
                            {"seconds", seconds}}) +
                 "\n");
    return static_cast<int>(kOk);
  }
  terminal.note(std::to_string(report->collected) + " answers in " + format_seconds(seconds) +
                ", " + std::to_string(report->right) + " of them right" +
                (report->before > 0 ? "; " + std::to_string(report->before) + " were there" : ""));
  if (report->skipped > 0)
    terminal.warn(std::to_string(report->skipped) + " prompts do not fit the model's context");
  terminal.note("next: cactus probe train " + shell_word(flags.out) + " --out probe.cactus");
  return static_cast<int>(kOk);
}

}  // namespace

void add_probe_collect(CLI::App& probe, Context& context) {
  CLI::App& app = *probe.add_subcommand("collect", "Answers to prompts, graded, with their states");
  const auto flags = std::make_shared<CollectFlags>();
  app.add_option("model", flags->model, "The model the probe is for")
      ->type_name("MODEL")
      ->required();
  app.add_option("--in", flags->in,
                 "Prompts with reference answers, one JSON object a line; - is standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("--out", flags->out, "Folder to fill; goes on with one that was interrupted")
      ->type_name("FOLDER")
      ->required();
  app.add_option("--layers", flags->layers,
                 "Layers whose states are kept; default: the one four fifths up")
      ->type_name("all|N,N");
  app.add_option("--max-tokens", flags->max_tokens, "Longest answer in tokens (default 512)")
      ->type_name("N");
  app.add_option("--jobs", flags->jobs,
                 "Answers side by side; default: all threads for small models")
      ->type_name("N");
  app.add_option("--threads", flags->threads, "Threads of all jobs; default: the performance cores")
      ->type_name("N");
  app.add_option("--kv", flags->kv, "Type of the key/value cache (default int8)")
      ->type_name("f32|f16|int8");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  set_examples(app,
               {"cactus probe collect ./model --in prompts.jsonl --out answers --max-tokens 8",
                "cactus probe collect ./model --in prompts.jsonl --out answers-all --layers all "
                "--max-tokens 8"});
  app.callback(
      [&context, flags] { context.action = [&context, flags] { return run(context, *flags); }; });
}

}  // namespace cactus::cli
