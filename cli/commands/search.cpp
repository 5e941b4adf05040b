// `search`: models on the hub that this program can run.
#include <CLI/CLI.hpp>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/introspect.h"
#include "cli/models/facts.h"
#include "cli/models/hub.h"
#include "cli/models/table.h"
#include "cli/signals.h"

namespace cactus::cli {
namespace {

struct SearchFlags {
  std::vector<std::string> words;
  int limit = 20;
  bool all = false, json = false;
};

// Repositories name their model type among their tags.
bool can_run(const hub::RepositoryInfo& info) {
  if (!facts_of({{"model_type", info.model_type}}).family.empty()) return true;
  for (const std::string& tag : info.tags)
    if (!facts_of({{"model_type", tag}}).family.empty()) return true;
  return false;
}

Result<int> run_search(Context& context, const SearchFlags& flags) {
  if (flags.limit < 1 || flags.limit > 1000)
    return make_error(ErrorKind::usage, "--limit cannot be " + std::to_string(flags.limit),
                      "it is 1 to 1000");
  const signals::PhaseScope generating(signals::Phase::generating);
  CACTUS_TRY(hub, Hub::open(context));
  hub::SearchQuery query;
  query.text = [&] {
    std::string text;
    for (const std::string& word : flags.words) text += (text.empty() ? "" : " ") + word;
    return text;
  }();
  if (!flags.all) query.filters = {"safetensors"};
  query.limit = flags.all ? flags.limit : std::max(100, flags.limit);
  CACTUS_TRY(found, hub->api().search(query));
  const std::size_t seen = found.size();
  if (!flags.all) std::erase_if(found, [](const auto& info) { return !can_run(info); });
  if (found.size() > static_cast<std::size_t>(flags.limit))
    found.resize(static_cast<std::size_t>(flags.limit));
  Json list = Json::array();
  Table table({"NAME", "PARAMETERS", "DOWNLOADS", "LIKES", "LICENSE", ""});
  for (const hub::RepositoryInfo& info : found) {
    const bool gated = info.gate != hub::Gate::none;
    table.add({info.id, info.parameters > 0 ? counted_parameters(info.parameters) : "",
               std::to_string(info.downloads), std::to_string(info.likes), info.licence,
               gated ? "gated" : ""});
    list.push_back({{"name", info.id},
                    {"parameters", info.parameters == 0 ? Json() : Json(info.parameters)},
                    {"downloads", info.downloads},
                    {"likes", info.likes},
                    {"licence", info.licence.empty() ? Json() : Json(info.licence)},
                    {"gated", gated},
                    {"supported", can_run(info)}});
  }
  if (context.format != Format::text) {
    context.terminal.out(dump_json({{"v", 1}, {"success", true}, {"models", list}}, 2) + "\n");
  } else if (!table.empty()) {
    context.terminal.out(table.text());
  } else {
    context.terminal.note(seen == 0 ? "nothing found"
                                    : std::to_string(seen) + " found, none that this version "
                                                             "can run (--all shows them)");
  }
  return static_cast<int>(kOk);
}

}  // namespace

void add_search(CLI::App& root, Context& context) {
  CLI::App& app = *root.add_subcommand("search", "Find models on the hub");
  app.group(kGroupModels);
  const auto flags = std::make_shared<SearchFlags>();
  app.add_option("text", flags->words, "Words of a name")->type_name("TEXT")->required();
  app.add_option("--limit", flags->limit, "At most so many (default 20)")->type_name("N");
  app.add_flag("-a,--all", flags->all, "Also those of architectures that are not supported");
  app.add_flag("--json", flags->json, "As JSON")->group("Output");
  set_examples(app, {"cactus search gemma", "cactus search --limit 5 --json gemma"});
  app.callback([&context, flags] {
    context.action = [&context, flags] { return run_search(context, *flags); };
  });
}

}  // namespace cactus::cli
