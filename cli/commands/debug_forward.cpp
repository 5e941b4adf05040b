// `debug logits` and `debug hidden`: one forward pass, as a safetensors file.
#include <CLI/CLI.hpp>

#include "cli/commands/debug.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/files.h"
#include "cli/introspect.h"
#include "cli/model_flags.h"
#include "cli/signals.h"
#include "engine/debug/dump.h"
#include "engine/models/family.h"
#include "kernels/dispatch.h"
#include "kernels/pool.h"

namespace cactus::cli {
namespace {

struct ForwardFlags {
  std::string model, ids, out, bits, kv = "int8", act = "int8";
  bool hidden = false;
  std::int64_t greedy = 0;
  int threads = 0;
};

Result<int> run(const ForwardFlags& flags, bool logits) {
  const signals::PhaseScope blocking(signals::Phase::blocking);
  DumpOptions options;
  const kernels::Selection selection = kernels::select_table(env("CACTUS_FORCE_ISA").value_or(""));
  if (selection.table == nullptr)
    return make_error(ErrorKind::resources, "no instruction set to run on", selection.error,
                      "cactus --version");
  options.table = selection.table;
  options.threads = flags.threads > 0 ? flags.threads : kernels::default_threads();
  CACTUS_TRY(kv, parse_kv(flags.kv));
  options.kv = kv;
  CACTUS_TRY(exact, parse_exact(flags.act));
  options.exact = exact;
  options.logits = logits;
  options.hidden = flags.hidden || !logits;
  if (flags.greedy < 0)
    return make_error(ErrorKind::usage, "--greedy cannot be " + std::to_string(flags.greedy));
  options.greedy = flags.greedy;

  CACTUS_TRY(text, flags.ids == "-" ? read_all(0, "standard input") : read_file(flags.ids));
  CACTUS_TRY(ids, parse_ids(text, "'" + flags.ids + "'"));
  CACTUS_TRY(bundle, open_or_convert(flags.model, flags.bits));
  CACTUS_TRY(family, family_of(bundle->manifest().config));
  CACTUS_TRY(decoder, family->load(bundle));
  CACTUS_CHECK(dump_forward(*decoder, ids, options, flags.out));
  return static_cast<int>(kOk);
}

void add(CLI::App& debug, Context& context, bool logits) {
  CLI::App& app = logits ? *debug.add_subcommand("logits", "Logits of every position")
                         : *debug.add_subcommand("hidden", "Hidden states after every layer");
  app.group("Stages");
  const auto flags = std::make_shared<ForwardFlags>();
  app.add_option("model", flags->model, "A bundle, or a checkpoint folder (converted for this run)")
      ->type_name("MODEL")
      ->required();
  app.add_option("--ids", flags->ids, "JSON list of token ids; - is standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("--out", flags->out,
                 "safetensors: logits [T, vocab], hidden_states.i [T, hidden], generated_ids")
      ->type_name("FILE")
      ->required();
  app.add_option("--bits", flags->bits, "How a checkpoint is converted (default 4)")
      ->type_name("f32|f16|8|4");
  app.add_option("--kv", flags->kv, "Type of the key/value cache (default int8)")
      ->type_name("f32|f16|int8");
  app.add_option("--act", flags->act, "Type of activations in products (default int8)")
      ->type_name("f32|int8");
  if (logits) app.add_flag("--hidden", flags->hidden, "Hidden states, too");
  app.add_option("--greedy", flags->greedy, "Continue with this many likeliest tokens")
      ->type_name("N");
  app.add_option("--threads", flags->threads, "Threads; default: the performance cores")
      ->type_name("N");
  const std::string name = logits ? "logits" : "hidden";
  set_examples(app, {"cactus debug " + name +
                     " ./checkpoint --bits f32 --act f32 --kv f32 --ids ids.json --out " + name +
                     ".safetensors"});
  app.callback([&context, flags, logits] {
    context.action = [flags, logits] { return run(*flags, logits); };
  });
}

}  // namespace

void add_debug_forward(CLI::App& debug, Context& context) {
  add(debug, context, true);
  add(debug, context, false);
}

}  // namespace cactus::cli
