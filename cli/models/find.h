// From what the user calls a model to a folder with a bundle: a path, an alias, an installed model,
// or one that is fetched now.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/models/fetch.h"

namespace CLI {
class App;
}

namespace cactus::cli {

struct FindFlags {
  bool yes = false, no_download = false;
  void add(CLI::App& app);  // -y/--yes, --no-download
};

// What is installed is used without a single request. What is not is fetched: on a terminal after a
// question. Errors: not_found (--no-download, offline: lists what is installed), those of fetching,
// those of find_bundle for paths. The model counts as used until the process ends.
Result<std::filesystem::path> find_model(Context& context, const std::string& given,
                                         const FindFlags& flags);

// "installed are: a, b", or "nothing is installed yet".
std::string installed_names(const hub::Store& store);

// The installs a command was given by name. Errors: usage (no name), not_found (with the nearest
// name).
Result<std::vector<hub::Installed>> installed_models(Context& context, const std::string& given);

}  // namespace cactus::cli
