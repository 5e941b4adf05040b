#include "cli/model_path.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include "cli/services.h"
#include "engine/builtin/builtin.h"

namespace cactus::cli {
namespace fs = std::filesystem;
namespace {

bool hub_name(const std::string& name) {
  return std::count(name.begin(), name.end(), '/') == 1 && name.front() != '/' &&
         name.front() != '.' && name.back() != '/' && name.front() != '~';
}

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

Result<fs::path> find_bundle(const std::string& given, const Settings& settings) {
  if (given.empty() || given == kBuiltinName) {
    if (!builtin_files().empty()) return fs::path(kBuiltinPath);
    return make_error(ErrorKind::not_found,
                      given.empty() ? "no model was named, and this program has none inside"
                                    : "this program has no model inside",
                      "it was built without packaging/builtin/bundle",
                      "cactus run FOLDER, with a folder made by cactus convert");
  }
  std::error_code ignored;
  std::string name = given;
  if (!fs::exists(name, ignored))
    if (const auto alias = settings.text("alias." + given)) name = *alias;
  const fs::path path(name);
  if (is_bundle(path)) return path;
  if (fs::is_directory(path, ignored) && is_checkpoint(path)) {
    std::string dest = name;
    while (dest.size() > 1 && dest.back() == '/') dest.pop_back();
    return make_error(ErrorKind::incompatible, "'" + name + "' is a checkpoint, not a bundle yet",
                      "weights are converted once, to 4 bits by default, and then used in place",
                      "cactus convert " + shell_word(name) + " " + shell_word(dest + "-int4"));
  }
  if (fs::is_directory(path, ignored))
    return make_error(ErrorKind::not_found, "'" + name + "' holds no model",
                      "it has neither cactus.json (a bundle) nor config.json (a checkpoint)");
  if (fs::exists(path, ignored))
    return make_error(ErrorKind::not_found, "'" + name + "' is a file, not a model's folder");
  if (hub_name(name))
    return make_error(ErrorKind::not_found, "model '" + name + "' is not on this machine",
                      "this version cannot download models yet: it runs folders made by cactus "
                      "convert from a checkpoint that you have",
                      "cactus convert PATH-TO-CHECKPOINT FOLDER && cactus run FOLDER");
  return make_error(ErrorKind::not_found, "no model '" + name + "'",
                    "there is no such folder, and no alias of that name", "cactus help run");
}

}  // namespace cactus::cli
