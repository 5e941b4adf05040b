// The subcommands of `probe`, one file for each pair.
#pragma once

namespace CLI {
class App;
}

namespace cactus::cli {

struct Context;

void add_probe_collect(CLI::App& probe, Context& context);
void add_probe_train(CLI::App& probe, Context& context);
void add_probe_eval(CLI::App& probe, Context& context);
void add_probe_calibrate(CLI::App& probe, Context& context);
void add_probe_info(CLI::App& probe, Context& context);  // info and import

}  // namespace cactus::cli
