#include "cli/models/find.h"

#include <CLI/CLI.hpp>

#include "cli/model_path.h"
#include "cli/suggest.h"

namespace cactus::cli {

void FindFlags::add(CLI::App& app) {
  app.add_flag("-y,--yes", yes, "Fetch a model that is not installed without asking")
      ->group("Model");
  app.add_flag("--no-download", no_download, "Fail (exit 3) when the model is not installed")
      ->group("Model");
}

std::string installed_names(const hub::Store& store) {
  std::string names;
  for (const hub::Installed& one : store.list())
    if (one.current) names += (names.empty() ? "" : ", ") + one.title();
  return names.empty() ? "no model is installed" : "installed are: " + names;
}

Result<std::filesystem::path> find_model(Context& context, const std::string& given,
                                         const FindFlags& flags) {
  CACTUS_TRY(settings, context.settings());
  CACTUS_TRY(located, locate(given, *settings));
  const hub::Store store = model_store();
  if (located.wanted) {
    CACTUS_TRY(offline, is_offline(context));
    if (flags.no_download || offline)
      return make_error(ErrorKind::not_found, located.wanted->text() + " is not installed",
                        installed_names(store) + (offline ? " (offline)" : ""),
                        "cactus download " + shell_word(located.wanted->text()));
    FetchFlags fetching;
    fetching.yes = flags.yes;
    fetching.ask = true;
    CACTUS_TRY(report, fetch_model(context, *located.wanted, fetching));
    located.installed = report.installed;
    located.folder = report.installed.bundle;
  }
  if (located.installed) context.used.push_back(store.use(*located.installed));
  return located.folder;
}

Result<std::vector<hub::Installed>> installed_models(Context& context, const std::string& given) {
  CACTUS_TRY(settings, context.settings());
  std::string text = given;
  if (const auto alias = settings->text("alias." + given)) text = *alias;
  CACTUS_TRY(name, hub::parse_name(text));
  const hub::Store store = model_store();
  std::vector<hub::Installed> found = store.matches(name);
  if (!found.empty()) return found;
  std::vector<std::string> names;
  for (const hub::Installed& one : store.list()) names.push_back(one.record.name);
  const std::string near = closest(name.repository, names);
  return make_error(ErrorKind::not_found, name.text() + " is not installed",
                    near.empty() || near == name.repository ? installed_names(store)
                                                            : "did you mean " + near + "?",
                    "cactus list");
}

}  // namespace cactus::cli
