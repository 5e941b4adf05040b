// One function for each command: adds itself to the tree and, when it was parsed, puts what is to
// be done into the context's action.
#pragma once

namespace CLI {
class App;
}

namespace cactus::cli {

struct Context;

void add_run(CLI::App& root, Context& context);  // run and chat
void add_convert(CLI::App& root, Context& context);
void add_download(CLI::App& root, Context& context);
void add_list(CLI::App& root, Context& context);
void add_info(CLI::App& root, Context& context);
void add_search(CLI::App& root, Context& context);
void add_outdated(CLI::App& root, Context& context);
void add_upgrade(CLI::App& root, Context& context);
void add_pin(CLI::App& root, Context& context);  // pin and unpin
void add_remove(CLI::App& root, Context& context);
void add_cleanup(CLI::App& root, Context& context);
void add_verify(CLI::App& root, Context& context);
void add_path(CLI::App& root, Context& context);
void add_doctor(CLI::App& root, Context& context);
void add_bench(CLI::App& root, Context& context);
void add_probe(CLI::App& root, Context& context);
void add_auth(CLI::App& root, Context& context);
void add_usage(CLI::App& root, Context& context);
void add_config(CLI::App& root, Context& context);
void add_debug(CLI::App& root, Context& context);
void add_completion(CLI::App& root, Context& context);  // completion and __complete
void add_help(CLI::App& root, Context& context);

// Groups of commands, in the order of the help.
inline constexpr char kGroupRun[] = "Run";
inline constexpr char kGroupModels[] = "Models";
inline constexpr char kGroupAccounts[] = "Accounts";
inline constexpr char kGroupSystem[] = "System";

}  // namespace cactus::cli
