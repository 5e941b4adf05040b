// `convert`: a checkpoint into a bundle.
#include "engine/convert/convert.h"

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_path.h"
#include "cli/output/progress.h"
#include "cli/render/format.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

struct ConvertFlags {
  std::string source, destination;
  int bits = 4, threads = 0;
  bool force = false, json = false, quiet = false;
};

Result<int> run_convert(Context& context, const ConvertFlags& flags) {
  if (flags.bits != 4 && flags.bits != 8 && flags.bits != 16)
    return make_error(ErrorKind::usage, "--bits cannot be " + std::to_string(flags.bits),
                      "it is 4, 8 or 16");
  Terminal& terminal = context.terminal;
  terminal.set_quiet(flags.quiet);
  const auto begin = std::chrono::steady_clock::now();
  ProgressBar bar(terminal, "converting");
  ConvertOptions options;
  options.bits = flags.bits;
  options.threads = flags.threads;
  options.force = flags.force;
  options.cancel = &signals::cancel();
  options.progress = [&](const ConvertProgress& p) {
    bar.update(p.done, p.total, std::string(p.tensor));
  };
  const signals::PhaseScope generating(signals::Phase::generating);
  auto report = convert(flags.source, flags.destination, options);
  bar.clear();
  if (!report) {
    Error error = std::move(report).error();
    if (error.kind == ErrorKind::cancelled)
      error = make_error(ErrorKind::cancelled, "the conversion was interrupted",
                         "what is done is kept; the same command goes on from there");
    return error;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (context.format != Format::text) {
    terminal.out(dump_json({{"v", 1},
                            {"success", true},
                            {"bundle", flags.destination},
                            {"bits", flags.bits},
                            {"tensors", report->tensors},
                            {"resumed_tensors", report->resumed},
                            {"source_bytes", report->source_bytes},
                            {"bundle_bytes", report->bundle_bytes},
                            {"already_there", report->already_there},
                            {"seconds", seconds}}) +
                 "\n");
    return static_cast<int>(kOk);
  }
  if (report->already_there) {
    terminal.note("'" + flags.destination + "' is there already, made from this source");
  } else {
    terminal.note(std::to_string(report->tensors) + " tensors, " +
                  format_bytes(static_cast<double>(report->source_bytes)) + " → " +
                  format_bytes(static_cast<double>(report->bundle_bytes)) + " in " +
                  format_seconds(seconds));
  }
  terminal.note("next: cactus run " + shell_word(flags.destination));
  return static_cast<int>(kOk);
}

}  // namespace

void add_convert(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("convert", "Make a bundle from a Hugging Face checkpoint");
  app.group(kGroupModels);
  const auto flags = std::make_shared<ConvertFlags>();
  app.add_option("source", flags->source, "Folder with config.json and *.safetensors")
      ->type_name("CHECKPOINT")
      ->required();
  app.add_option("destination", flags->destination, "Folder to make")
      ->type_name("FOLDER")
      ->required();
  app.add_option("--bits", flags->bits, "Bits a weight: 4, 8 or 16 (default 4)")
      ->type_name("4|8|16")
      ->group("Conversion");
  app.add_flag("--force", flags->force, "Replace a bundle that is there")->group("Conversion");
  app.add_option("--threads", flags->threads, "Threads; default: the performance cores")
      ->type_name("N")
      ->group("Conversion");
  app.add_flag("--json", flags->json, "The result as JSON")->group("Output");
  app.add_flag("-q,--quiet", flags->quiet, "No progress and no notes")->group("Output");
  set_examples(app, {"cactus convert ./checkpoint ./bundle",
                     "cactus convert ./checkpoint ./bundle-int8 --bits 8"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_convert(context, *flags); };
  });
}

}  // namespace cactus::cli
