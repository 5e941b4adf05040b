#include "cli/model_path.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "cli/environment.h"
#include "cli/services.h"
#include "engine/builtin/builtin.h"

namespace cactus::cli {
namespace fs = std::filesystem;
namespace {

}  // namespace

bool is_bundle(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "cactus.json", ignored);
}

bool is_checkpoint(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_regular_file(folder / "config.json", ignored);
}

std::string shell_word(const std::string& word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("/._-+,:@%=").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Result<Located> locate(const std::string& given, const Settings& settings) {
  if (given.empty() || given == kBuiltinName) {
    Located inside;
    inside.folder = kBuiltinPath;
    if (!builtin_files().empty()) return inside;
    return make_error(ErrorKind::not_found,
                      given.empty() ? "no model was named, and this program has none inside"
                                    : "this program has no model inside",
                      "it was built without packaging/builtin/bundle",
                      "cactus run google/gemma-4-E2B-it, or a folder made by cactus convert");
  }
  std::error_code ignored;
  std::string name = given;
  if (!fs::exists(name, ignored))
    if (const auto alias = settings.text("alias." + given)) name = *alias;
  if (name.starts_with("~/"))
    if (const auto home = env("HOME")) name = *home + name.substr(1);
  const fs::path path(name);
  Located located;
  if (is_bundle(path)) {
    located.folder = path;
    return located;
  }
  if (fs::is_directory(path, ignored) && is_checkpoint(path)) {
    std::string dest = name;
    while (dest.size() > 1 && dest.back() == '/') dest.pop_back();
    return make_error(ErrorKind::incompatible, "'" + name + "' is a checkpoint, not a bundle yet",
                      "weights are converted once, to 4 bits by default, and then used in place",
                      "cactus convert " + shell_word(name) + " " + shell_word(dest + "-int4"));
  }
  if (fs::is_directory(path, ignored) && (hub::is_path(name) || !hub::parse_name(name)))
    return make_error(ErrorKind::not_found, "'" + name + "' holds no model",
                      "it has neither cactus.json (a bundle) nor config.json (a checkpoint)");
  if (fs::is_regular_file(path, ignored))
    return make_error(ErrorKind::not_found, "'" + name + "' is a file, not a model's folder");
  if (hub::is_path(name))
    return make_error(ErrorKind::not_found, "no folder '" + name + "'", "", "cactus list");
  if (name.find('/') == std::string::npos && name.find(':') == std::string::npos)
    return make_error(ErrorKind::not_found, "no model '" + name + "'",
                      "there is no such folder, and no alias of that name; on the hub a model is "
                      "ORGANISATION/NAME",
                      "cactus search " + shell_word(name));
  CACTUS_TRY(wanted, hub::parse_name(name));
  auto found = hub::Store(models_folder()).find(wanted);
  if (found && is_bundle(found->bundle)) {
    located.folder = found->bundle;
    located.installed = std::move(*found);
  } else {
    located.wanted = std::move(wanted);
  }
  return located;
}

Result<fs::path> find_bundle(const std::string& given, const Settings& settings) {
  CACTUS_TRY(located, locate(given, settings));
  if (!located.wanted) return located.folder;
  return make_error(ErrorKind::not_found, located.wanted->text() + " is not installed", "",
                    "cactus download " + shell_word(located.wanted->text()));
}

}  // namespace cactus::cli
