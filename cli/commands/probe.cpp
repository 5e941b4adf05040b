// `probe`: how likely an answer is wrong: made, measured and looked at.
#include "cli/commands/probe.h"

#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/introspect.h"

namespace cactus::cli {

void add_probe(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("probe", "Train and measure what decides about hand-off");
  app.group(kGroupModels);
  app.require_subcommand(1, 1);
  add_probe_collect(app, context);
  add_probe_train(app, context);
  add_probe_eval(app, context);
  add_probe_calibrate(app, context);
  add_probe_info(app, context);
  set_examples(app, {"cactus probe collect ./model --in prompts.jsonl --out answers --max-tokens 8",
                     "cactus probe train answers --out my.cactus --seeds 1 --epochs 2",
                     "cactus probe eval my.cactus --features answers --quick",
                     "cactus probe info my.cactus"});
}

}  // namespace cactus::cli
