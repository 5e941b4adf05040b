// `bench`: how fast a model runs here, beside how fast it could.
#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "cli/bench/child.h"
#include "cli/bench/measure.h"
#include "cli/bench/report.h"
#include "cli/bench/shape.h"
#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/environment.h"
#include "cli/executable.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/model_flags.h"
#include "cli/model_path.h"
#include "cli/output/progress.h"
#include "cli/render/format.h"
#include "cli/signals.h"
#include "engine/base/file.h"
#include "engine/convert/synthetic.h"
#include "engine/weights/manifest.h"
#include "engine/weights/open.h"
#include "kernels/dispatch.h"

namespace cactus::cli {
namespace {

struct BenchFlags {
  std::string model, shape, keep, kv = "int8", prefill = "128,512,1024,4096",
                                  decode = "0,1024,4096";
  int threads = 0, runs = 3, bits = 4;
  std::int64_t tokens = 32;
  std::int64_t child = 0;  // prompt tokens of a measuring child, 0: not a child
  bool json = false;
};

// A bundle of a shape lives in a temporary folder unless it is kept; the folder goes with this.
struct BenchBundle {
  std::filesystem::path folder;
  std::filesystem::path temporary;
  ~BenchBundle() {
    if (!temporary.empty()) static_cast<void>(remove_tree(temporary));
  }
};

Result<std::vector<std::int64_t>> sizes_of(const std::string& text, const char* flag) {
  std::vector<std::int64_t> sizes;
  std::stringstream in(text);
  for (std::string word; std::getline(in, word, ',');) {
    char* end = nullptr;
    const long long n = std::strtoll(word.c_str(), &end, 10);
    if (word.empty() || *end != 0 || n < 0 || n > 1'000'000) {
      return make_error(ErrorKind::usage,
                        std::string(flag) + " takes numbers of tokens, not '" + word + "'", "",
                        std::string(flag) + " 512,4096");
    }
    sizes.push_back(n);
  }
  return sizes;
}

Status make_shape(Context& context, const BenchFlags& flags, BenchBundle& bundle) {
  CACTUS_TRY(config, shape_config(flags.shape));
  if (flags.keep.empty()) {
    CACTUS_TRY(temporary, make_temp_folder("cactus-bench-"));
    bundle.temporary = temporary;
    bundle.folder = temporary / flags.shape;
  } else {
    bundle.folder = flags.keep;
    if (is_bundle(bundle.folder)) {
      CACTUS_TRY(manifest, read_bundle_manifest(bundle.folder));
      if (manifest.config == config && manifest.source.value("random_weights", false))
        return ok_status();
      return make_error(ErrorKind::usage, flags.keep + " is another model",
                        "--keep would not replace it", "--keep with a folder that does not exist");
    }
  }
  ProgressBar bar(context.terminal, "making " + flags.shape);
  SyntheticOptions options;
  options.bits = flags.bits;
  options.name = flags.shape;
  options.tokenizer = synthetic_tokenizer(config.value("vocab_size", std::int64_t{0}));
  options.chat_template =
      "{{ bos_token }}{% for m in messages %}<|turn>{{ m.content }}<turn|>{% endfor %}";
  options.cancel = &signals::cancel();
  options.progress = [&](const ConvertProgress& p) {
    bar.update(p.done, p.total, std::string(p.tensor));
  };
  return write_synthetic(config, bundle.folder, options);
}

Result<int> bench(Context& context, const BenchFlags& flags) {
  BenchBundle bundle;
  if (!flags.shape.empty()) {
    CACTUS_CHECK(make_shape(context, flags, bundle));
  } else {
    CACTUS_TRY(settings, context.settings());
    CACTUS_TRY(folder, find_bundle(flags.model, *settings));
    bundle.folder = folder;
  }
  BenchPlan plan;
  CACTUS_TRY(prompts, sizes_of(flags.prefill, "--prefill"));
  CACTUS_TRY(contexts, sizes_of(flags.decode, "--decode"));
  plan.prompts = prompts;
  plan.contexts = contexts;
  plan.decoded = flags.tokens;
  plan.runs = flags.runs;
  CACTUS_TRY(kv, parse_kv(flags.kv));
  plan.kv = kv;

  SessionRequest request;
  request.folder = bundle.folder;
  request.force_isa = env("CACTUS_FORCE_ISA").value_or("");
  request.threads = flags.threads;
  ChildRequest child;
  child.folder = bundle.folder;
  child.isa = request.force_isa;
  child.threads = flags.threads;
  child.kv = flags.kv;
  CACTUS_TRY(open, context.services.open_session(request));
  // The last token of a context is decoded after one that warms up.
  const std::int64_t room = open.context - flags.tokens - 1;
  for (std::vector<std::int64_t>* sizes : {&plan.prompts, &plan.contexts}) {
    if (std::erase_if(*sizes, [room](std::int64_t n) { return n > room; }) > 0) {
      context.terminal.warn("sizes beyond the model's context of " + std::to_string(open.context) +
                            " tokens are left out");
    }
  }
  CACTUS_TRY(executable, executable_path());
  CACTUS_TRY(start,
             measure_start(executable, child, flags.runs, std::min<std::int64_t>(4096, room)));
  const kernels::Selection selection = kernels::select_table(request.force_isa);
  kernels::Exec exec(*selection.table, open.threads);
  signals::PhaseScope phase(signals::Phase::generating);
  Spinner spinner(context.terminal);
  const auto progress = [&](const std::string& what, int done, int total) {
    spinner.start("measuring " + what + " (" + std::to_string(done + 1) + " of " +
                  std::to_string(total) + ")");
  };
  auto result = measure(open.session->model().decoder(), exec, plan, progress, &signals::cancel());
  spinner.stop();
  if (!result) return std::move(result).error();

  BenchConditions conditions;
  conditions.model = flags.shape.empty() ? open.name : flags.shape;
  const Manifest& manifest = open.session->model().bundle().manifest();
  conditions.weights =
      open.variant + ", " + format_bytes(static_cast<double>(weights_size(manifest)));
  conditions.kv = flags.kv;
  conditions.isa = open.isa;
  conditions.threads = open.threads;
  conditions.runs = flags.runs;
  conditions.random_weights =
      manifest.source.is_object() && manifest.source.value("random_weights", false);
  conditions.version = std::string(runtime_version());
  context.terminal.out(flags.json ? dump_json(bench_json(conditions, *result, start), 2) + "\n"
                                  : bench_table(conditions, *result, start));
  return static_cast<int>(kOk);
}

}  // namespace

void add_bench(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("bench", "Measure speed, beside what this machine can do");
  app.group(kGroupModels);
  const auto flags = std::make_shared<BenchFlags>();
  app.add_option("MODEL", flags->model, "A bundle");
  app.add_option("--shape", flags->shape,
                 "Instead of a model: a published shape with random weights")
      ->type_name("gemma-4-E2B|gemma-4-E4B");
  app.add_option("--keep", flags->keep, "Make the shape's bundle here and keep it, or use it again")
      ->type_name("FOLDER");
  app.add_option("--bits", flags->bits, "Weights of the shape: 4, 8 or 16")->type_name("N");
  app.add_option("--prefill", flags->prefill, "Prompt lengths in tokens")->type_name("N,N");
  app.add_option("--decode", flags->decode, "Contexts to decode at")->type_name("N,N");
  app.add_option("--tokens", flags->tokens, "Tokens to decode at each")->type_name("N");
  app.add_option("--runs", flags->runs, "Times each is measured")->type_name("N");
  app.add_option("--threads", flags->threads, "Threads (default: performance cores)")
      ->type_name("N");
  app.add_option("--kv", flags->kv, "Keys and values: int8, f16 or f32")->type_name("TYPE");
  app.add_flag("--json", flags->json, "Figures as JSON");
  app.add_option("--child", flags->child)->group("");
  set_examples(app, {"cactus bench ./model --runs 1 --prefill 128 --decode 0",
                     "cactus bench ./model --json --runs 1 --prefill 128 --decode 0,128"});
  app.callback([&context, flags] {
    context.action = [&context, flags]() -> Result<int> {
      if (flags->runs < 1 || flags->tokens < 1 || flags->threads < 0) {
        return make_error(ErrorKind::usage,
                          "--runs and --tokens are at least 1, --threads at least 0");
      }
      if (flags->child > 0) {
        ChildRequest child;
        child.folder = flags->model;
        child.isa = env("CACTUS_FORCE_ISA").value_or("");
        child.threads = flags->threads;
        child.kv = flags->kv;
        child.context = flags->child;
        child.decoded = flags->tokens;
        return run_child(child);
      }
      if (flags->model.empty() == flags->shape.empty()) {
        return make_error(ErrorKind::usage, "bench wants a MODEL or a --shape", "",
                          "cactus bench --shape gemma-4-E2B");
      }
      return bench(context, *flags);
    };
  });
}

}  // namespace cactus::cli
